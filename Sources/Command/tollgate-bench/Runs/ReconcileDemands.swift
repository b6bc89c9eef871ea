/// What a run over a large account must reach: else the command ends as failed, also when all was found.
package struct ReconcileDemands: Sendable {
    /// What one run of the gateway took.
    package struct Figures: Sendable {
        let name: String
        let customers: Int
        let residentBytesMax: UInt64
        /// By the bare paging loop over the same list; nil where no loop does what the run does.
        let ratio: Double?

        package init(_ name: String, customers: Int, residentBytesMax: UInt64, ratio: Double?) {
            self.name = name
            self.customers = customers
            self.residentBytesMax = residentBytesMax
            self.ratio = ratio
        }
    }

    /// Below that the start of a run weighs too much.
    package var customersMin = 100_000
    package var residentBytesMax: UInt64 = 200_000_000
    package var ratioMin = 0.80

    package init() {}

    /// A sentence for each demand that was not met.
    package func complaints(of figures: Figures) -> [String] {
        guard figures.customers >= customersMin else { return [] }
        var complaints: [String] = []
        if figures.residentBytesMax > residentBytesMax {
            let (taken, allowed) = (
                Self.megabytes(figures.residentBytesMax), Self.megabytes(residentBytesMax)
            )
            complaints.append("\(figures.name) took \(taken) MB of memory, \(allowed) are allowed")
        }
        if let ratio = figures.ratio, ratio < ratioMin {
            let (reached, demanded) = (
                NumberText.fixed(ratio, decimals: 2), NumberText.fixed(ratioMin, decimals: 2)
            )
            complaints.append("\(figures.name) reached \(reached) of the bare paging loop, not \(demanded)")
        }
        return complaints
    }

    private static func megabytes(_ bytes: UInt64) -> String {
        NumberText.fixed(Double(bytes) / 1e6, decimals: 1)
    }
}
