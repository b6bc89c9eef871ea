import JSON

/// The results of a run, in order: an aligned table for people, JSON for programs.
struct BenchReport {
    enum Value {
        case number(Double, decimals: Int)
        case text(String)
    }

    private struct Row {
        let key: String
        let label: String
        let value: Value
        let unit: String
    }

    private struct Section {
        let key: String
        let title: String
        var rows: [Row] = []
    }

    private var sections: [Section] = []

    /// `key` names the section in the JSON.
    mutating func begin(_ key: String, _ title: String) {
        sections.append(Section(key: key, title: title))
    }

    /// `key` names the value in the JSON, within the section that was begun last.
    mutating func add(_ key: String, _ label: String, _ value: Double?, _ unit: String, decimals: Int = 0) {
        guard let value else { return }
        append(Row(key: key, label: label, value: .number(value, decimals: decimals), unit: unit))
    }

    mutating func add(_ key: String, _ label: String, _ text: String) {
        append(Row(key: key, label: label, value: .text(text), unit: ""))
    }

    private mutating func append(_ row: Row) {
        precondition(!sections.isEmpty, "a value stands in a section")
        sections[sections.count - 1].rows.append(row)
    }

    var table: String {
        let rows = sections.flatMap(\.rows)
        let labelWidth = rows.map(\.label.count).max() ?? 0
        let valueWidth =
            rows.map { row in
                if case .number = row.value { return shown(row.value).count }
                return 0
            }.max() ?? 0
        var text = ""
        for section in sections {
            text += "\n\(section.title)\n"
            for row in section.rows {
                let value = shown(row.value)
                let label = row.label + String(repeating: " ", count: labelWidth - row.label.count)
                let padding = String(repeating: " ", count: max(valueWidth - value.count, 0))
                switch row.value {
                case .number: text += "  \(label)  \(padding)\(value) \(row.unit)\n"
                case .text: text += "  \(label)  \(value)\n"
                }
            }
        }
        return text
    }

    var json: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        for section in sections {
            writer.key(section.key)
            writer.beginObject()
            for row in section.rows {
                writer.key(row.key)
                switch row.value {
                case .number(let value, let decimals):
                    writer.raw(NumberText.fixed(value, decimals: decimals).utf8)
                case .text(let text):
                    writer.string(text)
                }
            }
            writer.endObject()
        }
        writer.endObject()
        return writer.bytes + [UInt8(ascii: "\n")]
    }

    private func shown(_ value: Value) -> String {
        switch value {
        case .number(let number, let decimals): NumberText.grouped(number, decimals: decimals)
        case .text(let text): text
        }
    }
}
