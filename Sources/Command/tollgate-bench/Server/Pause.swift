import Glibc

/// Sleeps of the calling thread.
enum Pause {
    static func microseconds(_ count: UInt32) {
        usleep(count)
    }

    static func milliseconds(_ count: UInt32) {
        usleep(count * 1000)
    }

    static func seconds(_ seconds: Double) {
        usleep(useconds_t(seconds * 1e6))
    }
}
