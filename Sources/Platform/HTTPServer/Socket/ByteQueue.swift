import Glibc

/// Bytes waiting to be parsed or sent. Owns memory only while it holds some.
struct ByteQueue {
    private(set) var base: UnsafeMutableRawPointer?
    private(set) var capacity = 0
    private var start = 0
    private var end = 0

    var count: Int { end - start }
    var isEmpty: Bool { end == start }

    /// The bytes that wait.
    var bytes: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: base.map { $0 + start }, count: count)
    }

    /// Room behind the bytes, at least `countMin`.
    mutating func room(_ countMin: Int, pool: BlockPool) -> UnsafeMutableRawBufferPointer {
        reserve(countMin, pool: pool)
        return UnsafeMutableRawBufferPointer(start: base.map { $0 + end }, count: capacity - end)
    }

    /// Counts bytes that were written into `room`.
    mutating func wrote(_ count: Int) {
        precondition(end + count <= capacity, "no more is written than there was room for")
        end += count
    }

    @inline(__always)
    mutating func append(_ source: UnsafeRawPointer, count: Int, pool: BlockPool) {
        reserve(count, pool: pool)
        // `reserve` left a block, so `base` is there.
        if let base { memcpy(base + end, source, count) }
        end += count
    }

    mutating func append(_ bytes: [UInt8], pool: BlockPool) {
        bytes.withUnsafeBytes { bytes in
            if let source = bytes.baseAddress { append(source, count: bytes.count, pool: pool) }
        }
    }

    mutating func dropFirst(_ count: Int, pool: BlockPool) {
        start += count
        if start >= end { release(pool: pool) }
    }

    /// Forgets bytes at the end.
    mutating func truncate(to count: Int, pool: BlockPool) {
        end = start + count
        if count == 0 { release(pool: pool) }
    }

    mutating func release(pool: BlockPool) {
        if let base { pool.give(base, capacity: capacity) }
        base = nil
        capacity = 0
        start = 0
        end = 0
    }

    private mutating func reserve(_ count: Int, pool: BlockPool) {
        if end + count <= capacity { return }
        let held = self.count
        if start > 0, held + count <= capacity, start >= held, let base {
            memcpy(base, base + start, held)
        } else {
            var wanted = max(capacity, BlockPool.blockBytes)
            while wanted < held + count { wanted *= 2 }
            let block = pool.take(wanted)
            if let base {
                memcpy(block, base + start, held)
                pool.give(base, capacity: capacity)
            }
            base = block
            capacity = wanted
        }
        start = 0
        end = held
    }
}

/// Blocks for the queues of one event loop; keeps a few small ones so that requests do not call malloc.
final class BlockPool {
    static let blockBytes = 4096
    private static let keptMax = 256
    private var kept: [UnsafeMutableRawPointer] = []
    /// Lent out at this moment.
    private(set) var lentBytes = 0

    init() {
        kept.reserveCapacity(Self.keptMax)
    }

    deinit {
        for block in kept { block.deallocate() }
    }

    func take(_ bytes: Int) -> UnsafeMutableRawPointer {
        lentBytes += bytes
        if bytes == Self.blockBytes, let block = kept.popLast() { return block }
        return UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 16)
    }

    func give(_ block: UnsafeMutableRawPointer, capacity: Int) {
        lentBytes -= capacity
        if capacity == Self.blockBytes, kept.count < Self.keptMax {
            kept.append(block)
        } else {
            block.deallocate()
        }
    }
}
