// Purpose:  the nouns of billing as every room says them, whatever the provider and its API version.
// Owns:     nothing.
// May import: Timing.
// Never:    JSON, SQL, HTTP; a provider's field name outside a comment.
// Start reading at: ObjectKey.swift, then DecodedObject.swift.
