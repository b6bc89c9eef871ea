import JSON
import WebhookVerifier

/// Reads `profiles`: signature profiles of the operator's own.
struct ProfileDecoder {
    let report: ConfigurationReport

    /// The profiles that an endpoint may name.
    struct Profiles {
        fileprivate(set) var own: [String: SignatureProfile] = [:]
        /// Also of those that could not be read, so that an endpoint is not blamed for naming one.
        fileprivate(set) var names = SignatureProfile.builtInNames

        func profile(named name: String) -> SignatureProfile? {
            own[name] ?? SignatureProfile.builtIn(name)
        }
    }

    func profiles(_ members: [(name: String, path: String, value: JSONValue)]) -> Profiles {
        var profiles = Profiles()
        for (name, path, value) in members {
            guard SignatureProfile.builtIn(name) == nil else {
                report.problem(
                    path,
                    found: "the name of a built-in profile",
                    wanted: "a name of its own",
                    hint: "\"like\": \"\(name)\" starts from the built-in one"
                )
                continue
            }
            profiles.names.append(name)
            guard value.kind == .object else {
                report.problem(path, found: ConfigurationReport.shown(value), wanted: "an object")
                continue
            }
            do throws(ProfileProblems) {
                profiles.own[name] = try SignatureProfile.parse(name: name, value)
            } catch {
                for problem in error.all {
                    report.problem(problem.path, found: problem.found ?? "nothing", wanted: problem.wanted)
                }
            }
        }
        return profiles
    }
}
