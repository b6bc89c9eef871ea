import BillingModel
import JSON

extension APIKeyRequest {
    /// From `{"name": …, "mode": "test", "sites": ["main"], "scopes": ["read"]}`; says all that is wrong at once.
    init(_ context: RequestContext) throws {
        guard let body = try context.bodyObject() else {
            throw Problem(.validationFailed, "Send the key's mode, sites and scopes as JSON.")
        }
        for (field, _) in body.members where !["name", "mode", "sites", "scopes"].contains(field) {
            throw Problem.unknownField(field)
        }
        var errors: [Problem.FieldError] = []
        let name = Self.name(body["name"], &errors)
        let mode = Self.mode(body["mode"], &errors)
        let sites = Self.sites(body["sites"], context.surroundings, &errors)
        let scopes = Self.scopes(body["scopes"], &errors)
        guard errors.isEmpty, let mode else {
            throw Problem(.validationFailed, "Some fields are missing or wrong.", errors: errors)
        }
        guard context.principal.governs(sites: sites, mode: mode) else {
            throw Problem(.insufficientScope, "A key can only make keys for its own sites and mode.")
        }
        self.init(name: name, sites: sites, mode: mode, scopes: scopes)
    }

    private static func name(_ value: JSONValue?, _ errors: inout [Problem.FieldError]) -> String? {
        guard let value, !value.isNull else { return nil }
        guard let name = value.string, !value.containsNUL,
            (1...APIKeyRoutes.nameBytesMax).contains(name.utf8.count)
        else {
            errors.append(Problem.FieldError(pointer: "/name", code: "invalid"))
            return nil
        }
        return name
    }

    private static func mode(_ value: JSONValue?, _ errors: inout [Problem.FieldError]) -> DataMode? {
        guard let mode = value?.string.flatMap(DataMode.init(rawValue:)) else {
            errors.append(Problem.FieldError(pointer: "/mode", code: value == nil ? "required" : "invalid"))
            return nil
        }
        return mode
    }

    private static func sites(
        _ value: JSONValue?,
        _ surroundings: Surroundings,
        _ errors: inout [Problem.FieldError]
    ) -> [String] {
        let known = Set(surroundings.connections.map(\.scope.site))
        guard let value, value.kind == .array, (1...APIKeyRoutes.sitesMax).contains(value.count) else {
            errors.append(Problem.FieldError(pointer: "/sites", code: value == nil ? "required" : "invalid"))
            return []
        }
        var sites: [String] = []
        for (index, element) in value.elements.enumerated() {
            if let site = element.string, known.contains(site), !sites.contains(site) {
                sites.append(site)
            } else {
                errors.append(Problem.FieldError(pointer: "/sites/\(index)", code: "unknown_site"))
            }
        }
        return sites
    }

    private static func scopes(
        _ value: JSONValue?,
        _ errors: inout [Problem.FieldError]
    ) -> Set<APIScope> {
        guard let value, value.kind == .array, (1...APIScope.allCases.count).contains(value.count) else {
            errors.append(Problem.FieldError(pointer: "/scopes", code: value == nil ? "required" : "invalid"))
            return []
        }
        var scopes: Set<APIScope> = []
        for (index, element) in value.elements.enumerated() {
            if let scope = element.string.flatMap(APIScope.init(rawValue:)) {
                scopes.insert(scope)
            } else {
                errors.append(Problem.FieldError(pointer: "/scopes/\(index)", code: "unknown_scope"))
            }
        }
        return scopes
    }
}
