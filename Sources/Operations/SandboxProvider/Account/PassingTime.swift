import Timing

extension SandboxState {
    mutating func passTime(now: Timestamp, baseURL: String) {
    }
}
