/// Who waits for an answer: given with an event, given back with its answer, and never looked at.
package struct ReplyToken: Sendable {
    package let high: UInt64
    package let low: UInt64
    /// Which of the listener's endpoints took the request.
    package let endpoint: Int

    package init(high: UInt64, low: UInt64, endpoint: Int) {
        self.high = high
        self.low = low
        self.endpoint = endpoint
    }
}
