/// The templates of all kinds of events, read once.
package struct TemplateLibrary: Sendable {
    package let templates: [EventKind: EventTemplate]

    package init(templates: [EventKind: EventTemplate]) {
        self.templates = templates
    }

    /// From a directory with `invoice.paid.json` and the like.
    init(directory: String, bytesMin: Int) throws(BenchError) {
        var templates: [EventKind: EventTemplate] = [:]
        for kind in EventKind.allCases {
            let path = "\(directory)/\(kind.rawValue).json"
            guard let text = TextFile.read(path) else {
                throw BenchError("cannot read \(path): name the folder of load templates with --fixtures")
            }
            guard let template = EventTemplate(text, bytesMin: bytesMin) else {
                throw BenchError("\(path) is no template: it needs one event id of 24 letters E")
            }
            templates[kind] = template
        }
        self.templates = templates
    }

    /// `Fixtures/load` in the working directory, or in the package that this program was built from.
    static func defaultDirectory(sourceFile: String = #filePath) -> String {
        let here = "Fixtures/load"
        if TextFile.exists("\(here)/invoice.paid.json") { return here }
        // Sources/Command/tollgate-bench/Events/TemplateLibrary.swift: five levels below the package.
        let package = sourceFile.split(separator: "/", omittingEmptySubsequences: false).dropLast(5)
        return package.joined(separator: "/") + "/" + here
    }
}
