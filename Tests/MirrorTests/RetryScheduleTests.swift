import Mirror
import Testing
import Timing

struct RetryScheduleTests {
    private static let start = Timestamp(milliseconds: 1_800_000_000_000)
    private static let hour: Int64 = 3_600

    private let schedule = RetrySchedule()
    private let random = RandomSource(seed: 7)

    private func delays(
        attempts: Int,
        ageSeconds: Int64 = 0,
        delayMin: Int64 = 0
    ) -> [Int64] {
        let now = Self.start.adding(seconds: ageSeconds)
        let failure = RetrySchedule.Failure(
            attempts: attempts,
            firstSentAt: Self.start,
            delayMin: delayMin
        )
        return (0..<500).compactMap { _ in
            switch schedule.next(after: failure, now: now, random: random) {
            case .retry(let at, _): at.milliseconds(since: now)
            case .dead: nil
            }
        }
    }

    @Test(arguments: [(1, 1_000), (2, 2_000), (5, 16_000), (11, 600_000), (40, 600_000)] as [(Int, Int64)])
    func `delays in the first hour are spread from zero to a ceiling that doubles up to ten minutes`(
        attempts: Int,
        ceiling: Int64
    ) {
        let delays = delays(attempts: attempts)
        #expect(delays.allSatisfy { (0...ceiling).contains($0) })
        #expect(delays.min() ?? ceiling < ceiling / 10)
        #expect(delays.max() ?? 0 > ceiling * 9 / 10)
    }

    @Test func `after the first hour tries come about hourly`() {
        let delays = delays(attempts: 12, ageSeconds: Self.hour)
        #expect(delays.allSatisfy { (45 * 60_000...75 * 60_000).contains($0) })
        let mean = delays.reduce(0, +) / Int64(delays.count)
        #expect((58 * 60_000...62 * 60_000).contains(mean))
    }

    @Test func `a conflict waits at least half a second`() {
        #expect(delays(attempts: 1, delayMin: 500).allSatisfy { $0 >= 500 })
        #expect(delays(attempts: 1).contains { $0 < 500 })
    }

    @Test(arguments: [1, 30, 3_600] as [Int64])
    func `a stated wait is never cut short`(seconds: Int64) {
        let delays = delays(attempts: 1, delayMin: seconds * 1_000)
        #expect(delays.allSatisfy { $0 >= seconds * 1_000 })
        #expect(Set(delays).count > 100, "those who were told the same moment do not come back together")
    }

    @Test(arguments: [3_601_000, 999_999_999_000, Int64.max])
    func `an absurd wait is an hour`(milliseconds: Int64) {
        #expect(
            delays(attempts: 1, delayMin: milliseconds).allSatisfy {
                (3_600_000...3_601_000).contains($0)
            }
        )
    }

    @Test func `a negative wait means nothing`() {
        #expect(delays(attempts: 1, delayMin: -5).allSatisfy { (0...1_000).contains($0) })
    }

    @Test func `three days after the first try it is a dead letter`() {
        #expect(delays(attempts: 80, ageSeconds: 72 * Self.hour - 1).count == 500)
        #expect(delays(attempts: 80, ageSeconds: 72 * Self.hour).isEmpty)
    }

    @Test func `what is owed does not die, and says that it is overdue`() {
        for (age, isOverdue) in [(71 * Self.hour, false), (72 * Self.hour, true), (2_000 * Self.hour, true)] {
            let now = Self.start.adding(seconds: age)
            let failure = RetrySchedule.Failure(
                attempts: 90,
                firstSentAt: Self.start,
                isOwed: true
            )
            switch schedule.next(after: failure, now: now, random: random) {
            case .dead: Issue.record("an owed operation died after \(age) s")
            case .retry(let at, let told):
                #expect(told == isOverdue)
                #expect((45 * 60_000...75 * 60_000).contains(at.milliseconds(since: now)))
            }
        }
    }

    @Test func `a clock that was set back neither kills nor delays beyond the first phase`() {
        let delays = delays(attempts: 40, ageSeconds: -100 * Self.hour)
        #expect(delays.count == 500)
        #expect(delays.allSatisfy { (0...600_000).contains($0) })
    }

    @Test func `a key is used for twenty-three hours`() {
        func isTooOld(_ seconds: Int64) -> Bool {
            RetrySchedule.isKeyTooOld(sentAt: Self.start, now: Self.start.adding(seconds: seconds))
        }
        #expect(!isTooOld(23 * Self.hour - 1))
        #expect(isTooOld(23 * Self.hour))
    }
}
