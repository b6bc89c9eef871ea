import Timing

/// What happens at the provider when one subscription is renewed, and what is told of it: a function of number and
/// seed, so that a day of them need not be kept.
struct Renewal {
    struct Options: Sendable {
        var seed: UInt64 = 1
        var count = 100
        /// Renewals are spread evenly over so many milliseconds.
        var span: Int64 = 86_400_000
        /// Of a thousand events.
        var lostPerMille: UInt64 = 1
        var doubledPerMille: UInt64 = 10
        var latePerMille: UInt64 = 20
        var lateMax: Int64 = 30_000
        var delay: ClosedRange<Int64> = 200...2_500
    }

    struct Event {
        let arrival: Int64
        let eventID: String
        let type: String
        let body: String
    }

    private struct State {
        let time: Int64
        let json: String
    }

    let number: Int
    let time: Int64
    private(set) var events: [Event] = []
    private var states: [String: [State]] = [:]
    private let options: Options
    private let random: RandomSource

    init(_ number: Int, _ options: Options, start: Int64) {
        self.number = number
        self.options = options
        random = RandomSource(seed: options.seed &* 1_000_003 &+ UInt64(number))
        let slot = max(options.span / Int64(options.count), 1)
        time = start + Int64(number) * slot + Int64(random.below(UInt64(slot)))
        play()
    }

    /// As it was before the day.
    static func birth(_ number: Int, second: Int64) -> Event {
        let body = envelope(
            "evt_\(number)_0",
            "customer.subscription.created",
            second,
            subscription(number, period: 0, invoice: nil),
            previous: nil
        )
        return Event(
            arrival: second * 1_000,
            eventID: "evt_\(number)_0",
            type: "customer.subscription.created",
            body: body
        )
    }

    /// What a read of the object shows at that moment; nil when there is none yet.
    func body(of id: String, at time: Int64) -> String? {
        let known = states[id]?.last { $0.time <= time }?.json
        return known ?? (id.hasPrefix("sub_") ? Self.subscription(number, period: 0, invoice: nil) : nil)
    }

    /// Nine events of four objects within about three seconds, as most of them come from a paid invoice; sometimes a
    /// tenth.
    private mutating func play() {
        let (sub, invoice, charge, intent) = ("sub_\(number)", "in_\(number)", "ch_\(number)", "pi_\(number)")
        let before = Self.subscription(number, period: 0, invoice: nil)
        let after = Self.subscription(number, period: 1, invoice: invoice)
        let (draft, open, paid) = (
            Self.invoice(number, "draft", 0), Self.invoice(number, "open", 0),
            Self.invoice(number, "paid", 900)
        )
        var moment = time
        func step(_ milliseconds: UInt64) { moment += Int64(random.below(milliseconds)) }
        change(sub, to: after, at: moment)
        tell("customer.subscription.updated", after, at: moment, previous: Self.difference(before))
        step(200)
        change(invoice, to: draft, at: moment)
        tell("invoice.created", draft, at: moment)
        step(800)
        change(invoice, to: open, at: moment)
        tell("invoice.updated", open, at: moment, previous: #"{"status":"draft"}"#)
        tell("invoice.finalized", open, at: moment)
        step(1_500)
        let succeeded = Self.charge(number)
        change(charge, to: succeeded, at: moment)
        tell("charge.succeeded", succeeded, at: moment)
        tell("payment_intent.succeeded", Self.intent(intent), at: moment)
        step(300)
        change(invoice, to: paid, at: moment)
        tell("invoice.updated", paid, at: moment, previous: #"{"status":"open","amount_paid":0}"#)
        tell("invoice.paid", paid, at: moment)
        tell("invoice.payment_succeeded", paid, at: moment)
        guard random.below(3) == 0 else { return }
        step(2_000)
        let noted = Self.subscription(number, period: 1, invoice: invoice, note: "renewed")
        change(sub, to: noted, at: moment)
        tell("customer.subscription.updated", noted, at: moment, previous: #"{"metadata":{"note":null}}"#)
    }

    private mutating func change(_ id: String, to json: String, at time: Int64) {
        states[id, default: []].append(State(time: time, json: json))
    }

    private mutating func tell(_ type: String, _ json: String, at time: Int64, previous: String? = nil) {
        let eventID = "evt_\(number)_\(random.below(1 << 40))"
        let body = Self.envelope(eventID, type, time / 1_000, json, previous: previous)
        guard random.below(1_000) >= options.lostPerMille else { return }
        for _ in 0..<(random.below(1_000) < options.doubledPerMille ? 2 : 1) {
            let spread = UInt64(options.delay.upperBound - options.delay.lowerBound)
            var delay = options.delay.lowerBound + Int64(random.below(spread))
            if random.below(1_000) < options.latePerMille {
                delay += Int64(random.below(UInt64(options.lateMax)))
            }
            events.append(Event(arrival: time + delay, eventID: eventID, type: type, body: body))
        }
    }

    // MARK: JSON

    private static func difference(_ before: String) -> String {
        #"{"latest_invoice":null,"items":{"object":"list","data":[\#(item(0))]}}"#
    }

    private static func item(_ period: Int) -> String {
        #"{"id":"si_1","object":"subscription_item","current_period_start":\#(1_700_000_000 + period * 2_592_000),"#
            + #""current_period_end":\#(1_702_592_000 + period * 2_592_000),"quantity":1,"#
            + #""price":{"id":"price_1","object":"price","product":"prod_1","currency":"usd"}}"#
    }

    private static func subscription(
        _ number: Int,
        period: Int,
        invoice: String?,
        note: String? = nil
    ) -> String {
        let metadata = note.map { #"{"note":"\#($0)"}"# } ?? "{}"
        return
            #"{"id":"sub_\#(number)","object":"subscription","customer":"cus_\#(number)","status":"active","#
            + #""created":1690000000,"currency":"usd","latest_invoice":\#(invoice.map { "\"\($0)\"" } ?? "null"),"#
            + #""items":{"object":"list","data":[\#(item(period))]},"metadata":\#(metadata)}"#
    }

    private static func invoice(_ number: Int, _ status: String, _ paid: Int) -> String {
        #"{"id":"in_\#(number)","object":"invoice","customer":"cus_\#(number)","status":"\#(status)","#
            + #""created":1760000000,"currency":"usd","total":900,"amount_due":900,"amount_paid":\#(paid),"#
            + #""subscription":"sub_\#(number)","attempt_count":1,"lines":{"object":"list","data":[]}}"#
    }

    private static func charge(_ number: Int) -> String {
        #"{"id":"ch_\#(number)","object":"charge","customer":"cus_\#(number)","status":"succeeded","paid":true,"#
            + #""created":1760000000,"currency":"usd","amount":900,"amount_refunded":0,"invoice":"in_\#(number)"}"#
    }

    private static func intent(_ id: String) -> String {
        #"{"id":"\#(id)","object":"payment_intent","status":"succeeded","amount":900,"currency":"usd"}"#
    }

    private static func envelope(
        _ id: String,
        _ type: String,
        _ second: Int64,
        _ json: String,
        previous: String?
    ) -> String {
        let attributes = previous.map { #","previous_attributes":\#($0)"# } ?? ""
        return #"{"id":"\#(id)","object":"event","api_version":"2026-06-24.dahlia","created":\#(second),"#
            + #""livemode":false,"type":"\#(type)","data":{"object":\#(json)\#(attributes)}}"#
    }
}
