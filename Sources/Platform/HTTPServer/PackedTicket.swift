/// A ticket as two plain numbers, for rooms below the listener that carry it and give it back.
extension HTTPTicket {
    package var packed: (high: UInt64, low: UInt64) {
        (UInt64(loop) << 32 | UInt64(slot), UInt64(generation) << 32 | UInt64(sequence))
    }

    package init(packed: (high: UInt64, low: UInt64)) {
        self.init(
            slot: UInt32(truncatingIfNeeded: packed.high),
            generation: UInt32(truncatingIfNeeded: packed.low >> 32),
            sequence: UInt32(truncatingIfNeeded: packed.low),
            loop: UInt16(truncatingIfNeeded: packed.high >> 32)
        )
    }
}
