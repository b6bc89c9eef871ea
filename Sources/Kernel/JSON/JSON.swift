// Purpose:  one strict parser for bytes that somebody else wrote, and one writer for our own answers.
// Owns:     the token index, the digest by which two states of an object are compared.
// May import: nothing.
// Never:    Foundation; business words; a message that shows what the document holds.
// Start reading at: JSONDocument.swift, then JSONIndexer.swift.
