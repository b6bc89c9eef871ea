/// Rows in aligned columns, for people. Everything that enters is made printable.
struct TextTable {
    enum Alignment {
        case left
        case right
    }

    private let titles: [String]
    private let alignments: [Alignment]
    private var rows: [[String]] = []

    init(_ columns: [(title: String, alignment: Alignment)]) {
        titles = columns.map(\.title)
        alignments = columns.map(\.alignment)
    }

    var isEmpty: Bool { rows.isEmpty }

    mutating func add(_ cells: [String]) {
        precondition(cells.count == titles.count, "a row has a cell for each column")
        rows.append(cells.map(printable))
    }

    /// Title and rows, two spaces between columns, no space at the end of a line.
    var lines: [String] {
        let all = [titles] + rows
        let widths = titles.indices.map { column in
            all.reduce(0) { max($0, $1[column].count) }
        }
        return all.map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                line += alignments[column] == .left ? cell + padding : padding + cell
                line += "  "
            }
            while line.last == " " { line.removeLast() }
            return line
        }
    }
}
