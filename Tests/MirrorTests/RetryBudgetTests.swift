import Mirror
import Testing

struct RetryBudgetTests {
    private static func at(_ milliseconds: Int64) -> Instant {
        Instant(nanoseconds: 1).adding(milliseconds: milliseconds)
    }

    @Test func `when every call fails, retries stay about a tenth of the first tries`() {
        var budget = RetryBudget(now: Self.at(0))
        var (firstTries, retries) = (0, 0)
        for millisecond in Int64(0)..<10_000 {
            budget.firstTryBegan()
            firstTries += 1
            let count = budget.available(now: Self.at(millisecond))
            if count > 0 { budget.retryBegan(count, now: Self.at(millisecond)) }
            retries += count
        }
        #expect(firstTries == 10_000)
        // A tenth, what was saved, and one a second.
        #expect(retries <= 1_000 + 20 + 11)
        #expect(retries >= 1_000)
    }

    @Test func `a quiet queue may retry once a second`() {
        var budget = RetryBudget(now: Self.at(0))
        budget.retryBegan(20, now: Self.at(0))
        let count1 = budget.available(now: Self.at(0))
        #expect(count1 == 0)
        let next = budget.nextAvailable(now: Self.at(0))
        #expect((1_000...1_001).contains(Self.at(0).millisecondsUntil(next)))
        let count2 = budget.available(now: next)
        #expect(count2 == 1)
    }

    @Test func `what is saved has a bound`() {
        var budget = RetryBudget(now: Self.at(0))
        budget.firstTryBegan(100_000)
        let count3 = budget.available(now: Self.at(3_600_000))
        #expect(count3 == 20)
    }
}
