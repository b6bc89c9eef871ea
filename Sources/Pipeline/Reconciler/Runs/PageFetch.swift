package import BillingModel
package import Providers

/// How a run asks its connection's provider. The answer may come on any thread, also on the caller's, once.
package typealias PageFetch =
    @Sendable (ConnectionID, ProviderRead, @escaping @Sendable (PageAnswer) -> Void) -> Void
