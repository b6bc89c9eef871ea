/// A large account that costs no memory: each customer follows from its index and the seed, and takes space only
/// once it is changed.
///
/// The oldest has index 0. Ranks, by which lists are ordered, are `index - count`: below all ranks of objects that
/// were made in this process.
struct DerivedCustomers: Sendable {
    static let countMax = 50_000_000
    /// When the oldest was made: 2020-09-13T12:26:40Z.
    static let firstSecond: Int64 = 1_600_000_000
    static let emailStart = "customer"
    static let emailEnd = "@sandbox.example"
    private static let placeDigits = 6
    private static let checkDigits = 8
    static let givenNames = [
        "Ada", "Ben", "Chloé", "Dmitri", "Elif", "Farid", "Grace", "Hugo", "Ines", "Jun", "Kofi", "Lena",
        "Marek",
        "Noor", "Olga", "Pia",
    ]
    static let familyNames = [
        "Abara", "Berg", "Costa", "Dahl", "Eriksen", "Fischer", "García", "Haddad", "Ivanova", "Jansen",
        "Kim",
        "Lopez", "Müller", "Nakamura", "O'Neil", "Petrov",
    ]

    let count: Int
    let seed: UInt64

    init(count: Int, seed: UInt64) {
        precondition(
            (0...Self.countMax).contains(count),
            "an account has from none to fifty million customers"
        )
        self.count = count
        self.seed = seed
    }

    /// Seconds between two customers: a minute, less where the account would reach into the future.
    private var step: Int64 { max(1, min(60, 150_000_000 / Int64(max(count, 1)))) }

    func created(_ index: Int) -> Int64 {
        Self.firstSecond + Int64(index) * step + Int64(mixed(index, 1) % UInt64(step))
    }

    func id(_ index: Int) -> String {
        var bytes = Array(ObjectKind.customer.idPrefix.utf8)
        appendPlace(index, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The id without its prefix.
    func appendPlace(_ index: Int, to bytes: inout [UInt8]) {
        IdentifierMaker.append(UInt64(index), count: Self.placeDigits, to: &bytes)
        IdentifierMaker.append(mixed(index, 2), count: Self.checkDigits, to: &bytes)
    }

    /// The index of an id that this account gave; nil for any other.
    func index(ofID id: String) -> Int? {
        let place = id.utf8.dropFirst(ObjectKind.customer.idPrefix.utf8.count).prefix(Self.placeDigits)
        var index = 0
        for byte in place {
            guard let digit = IdentifierMaker.digits.firstIndex(of: byte) else { return nil }
            index = index * 62 + digit
        }
        return index < count && self.id(index) == id ? index : nil
    }

    func email(_ index: Int) -> String { "\(Self.emailStart)\(index)\(Self.emailEnd)" }

    func index(ofEmail email: String) -> Int? {
        guard email.hasPrefix(Self.emailStart), email.hasSuffix(Self.emailEnd),
            let index = Int(email.dropFirst(Self.emailStart.count).dropLast(Self.emailEnd.count)), index >= 0,
            index < count,
            self.email(index) == email
        else { return nil }
        return index
    }

    func customer(_ index: Int) -> WireObject {
        let (given, family) = nameNumbers(index)
        var customer = CustomerShape.fresh(
            id: id(index),
            created: created(index),
            invoicePrefix: IdentifierMaker.text(invoicePrefix(index), count: 8)
        )
        customer["email"] = .text(email(index))
        customer["name"] = .text("\(Self.givenNames[given]) \(Self.familyNames[family])")
        if hasExternalID(index) {
            customer["metadata"] = ["external_id": .text("user_\(index)")]
        }
        return customer
    }

    /// Where its names stand.
    func nameNumbers(_ index: Int) -> (given: Int, family: Int) {
        let mix = mixed(index, 3)
        return (Int(mix % 16), Int((mix >> 8) % 16))
    }

    /// One in four was linked to a user of the application.
    func hasExternalID(_ index: Int) -> Bool { (mixed(index, 3) >> 16) % 4 == 0 }

    func invoicePrefix(_ index: Int) -> UInt64 { mixed(index, 4) }

    /// SplitMix64's finalizer over index, seed and purpose.
    private func mixed(_ index: Int, _ purpose: UInt64) -> UInt64 {
        var mixed = seed &+ UInt64(index) &* 0x9E37_79B9_7F4A_7C15 &+ purpose &* 0xD1B5_4A32_D192_ED03
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
