import Foundation

/// Vectors that lie beside the repository (`TOLLGATE_REFERENCE`, else `../shared/reference` of the package or of
/// the main worktree); tests that need them are reported as skipped where they are absent.
package enum ReferenceFile {
    package static let directory: String? = {
        let packageRoot = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let candidates: [String?] = [
            ProcessInfo.processInfo.environment["TOLLGATE_REFERENCE"],
            packageRoot.appendingPathComponent("../shared/reference").standardizedFileURL.path,
            packageRoot.appendingPathComponent("../../shared/reference").standardizedFileURL.path,
        ]
        return candidates.compactMap { $0 }.first { FileManager.default.fileExists(atPath: $0 + "/vectors") }
    }()

    package static func json(_ path: String) throws -> [String: Any] {
        let data = try Data(contentsOf: URL(fileURLWithPath: (directory ?? "") + "/" + path))
        return try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
    }
}
