package import BillingModel
package import Cryptography
package import HTTPClient
package import Lanes

/// One provider account as we see it.
package struct ConnectionConfiguration: Sendable {
    package let name: String
    /// Whose customers these are: a reader's key opens one or more sites.
    package let site: String
    package let mode: DataMode
    /// `"stripe"`.
    package let provider: String
    /// The provider's account id (`acct_…`), needed when its events carry one (Stripe Connect).
    package let account: String?
    /// Nil: nothing is read from or written to the provider.
    package let api: ProviderAPIConfiguration?
    package let confirm: ConfirmPolicy
    /// Seconds after a burst of events was read when it is read once more; nil for not at all.
    package let settleReadSeconds: Int?
    package let providerCustomers: ProviderCustomersPolicy
    /// Whether an equal e-mail address may link a local customer to one of the provider's.
    package let adoptsByEmail: Bool
    /// Nil: runs are only those that somebody orders.
    package let reconcile: ReconcileSchedule?

    package init(
        name: String,
        site: String = "main",
        mode: DataMode = .test,
        provider: String = "stripe",
        account: String? = nil,
        api: ProviderAPIConfiguration? = nil,
        confirm: ConfirmPolicy = .whenNeeded,
        settleReadSeconds: Int? = nil,
        providerCustomers: ProviderCustomersPolicy = .onWrite,
        adoptsByEmail: Bool = false,
        reconcile: ReconcileSchedule? = nil
    ) {
        self.name = name
        self.site = site
        self.mode = mode
        self.provider = provider
        self.account = account
        self.api = api
        self.confirm = confirm
        self.settleReadSeconds = settleReadSeconds
        self.providerCustomers = providerCustomers
        self.adoptsByEmail = adoptsByEmail
        self.reconcile = reconcile
    }

    /// For people: when objects are read from the provider, `"no"` without a key to do so.
    package var readingWord: String { api?.key == nil ? "no" : confirm.rawValue }
}

/// How we reach the provider.
package struct ProviderAPIConfiguration: Sendable {
    /// `https://host[:port][/path]`, without a slash at the end. `http` on loopback only, for the sandbox.
    package let baseURL: String
    /// Nil: the connection confirms nothing, whatever `confirm` says.
    package let key: RedactedText?
    /// The API version that our requests name; nil leaves it to the account's default.
    package let version: String?
    /// Requests per second that we allow ourselves.
    package let ratePerSecond: Int
    /// Calls on their way at once, at most.
    package let inFlightMax: Int
    /// Seconds between two probes of a provider that does not answer; twice that when it refuses the key or is not
    /// trusted.
    package let probeSeconds: Int
    /// Certificates that are trusted instead of the system's, PEM.
    package let caFile: String?
    /// Whether the provider may stand in a private network or on this machine.
    package let allowsPrivateAddresses: Bool

    package init(
        baseURL: String,
        key: RedactedText?,
        version: String? = nil,
        ratePerSecond: Int = 20,
        inFlightMax: Int = 64,
        probeSeconds: Int = 30,
        caFile: String? = nil,
        allowsPrivateAddresses: Bool = false
    ) {
        self.baseURL = baseURL
        self.key = key
        self.version = version
        self.ratePerSecond = ratePerSecond
        self.inFlightMax = inFlightMax
        self.probeSeconds = probeSeconds
        self.caFile = caFile
        self.allowsPrivateAddresses = allowsPrivateAddresses
    }

    /// An address on this machine is the sandbox's, and stays here.
    package var addressPolicy: AddressPolicy {
        if allowsPrivateAddresses { return .allowPrivate }
        return URLRule.isLoopback(baseURL) ? .loopbackOnly : .publicOnly
    }
}

/// When a local customer is created at the provider.
package enum ProviderCustomersPolicy: String, Sendable, Hashable, CaseIterable {
    case onWrite = "on_write"
    /// By the customer's first billing call.
    case onBilling = "on_billing"
}
