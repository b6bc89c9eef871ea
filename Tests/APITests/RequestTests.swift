import HTTPServer
import JSON
import Telemetry
import Testing
import Timing

@testable import API

@Suite struct RouterTests {
    private let router: Router<Int> = {
        var router = Router<Int>()
        router.add(.get, "/v1/things", 1)
        router.add(.post, "/v1/things", 2)
        router.add(.get, "/v1/things/{id}", 3)
        router.add(.post, "/v1/things/{id}/act", 4)
        return router
    }()

    private func target(_ method: HTTPMethod, _ path: String) -> (Int, [String])? {
        guard case .found(let target, let captures) = router.match(method, path: path) else { return nil }
        return (target, captures)
    }

    @Test func `a path finds its route and what stood for its placeholder, decoded`() throws {
        #expect(try #require(target(.get, "/v1/things")).0 == 1)
        #expect(try #require(target(.post, "/v1/things")).0 == 2)
        let (number, captures) = try #require(target(.get, "/v1/things/a%2Fb+c%C3%A9"))
        #expect(number == 3)
        #expect(captures == ["a/b+cé"])
        #expect(try #require(target(.post, "/v1/things/x/act")).1 == ["x"])
    }

    @Test func `HEAD goes where GET goes`() throws {
        #expect(try #require(target(.head, "/v1/things")).0 == 1)
    }

    @Test(arguments: [
        "/", "/v1", "/v1/things/", "/v1/things//act", "//v1/things", "/v1/things/a/b", "/V1/things",
        "/v1/things/%", "/v1/things/%zz", "/v1/things/%ff", "/v1/things/%00", "/v1%2Fthings", "",
    ])
    func `what is not exactly a path is none`(path: String) {
        guard case .unknownPath = router.match(.get, path: path) else {
            Issue.record("\(path) was found")
            return
        }
    }

    @Test func `a wrong method learns the right ones`() {
        guard case .wrongMethod(let allow) = router.match(.delete, path: "/v1/things") else {
            Issue.record("DELETE was found")
            return
        }
        #expect(allow == ["GET", "HEAD", "POST"])
    }
}

@Suite struct QueryTests {
    @Test func `names and values are decoded`() throws {
        var query = try QueryParameters("a=1%2B2&b=x+y&c&d=&e=%C3%A9&")
        #expect(try query.take("a") == "1+2")
        #expect(try query.take("b") == "x y")
        #expect(try query.take("c") == nil)
        #expect(try query.take("d") == nil)
        #expect(try query.take("e") == "é")
        try query.refuseRest()
    }

    @Test(arguments: ["a=%", "a=%f", "a=%gg", "%ff=1", "a=%00", "a=%ED%A0%80"])
    func `a broken escape is refused`(query: String) {
        #expect(throws: Problem.self) { try QueryParameters(query) }
    }

    @Test func `a parameter that stands twice is refused`() throws {
        var query = try QueryParameters("a=1&a=2")
        #expect(throws: Problem.self) { try query.take("a") }
    }

    @Test func `a time may carry an unescaped plus`() throws {
        var query = try QueryParameters("t=2026-01-01T02:00:00+02:00")
        #expect(try query.takeTime("t")?.rfc3339 == "2026-01-01T00:00:00Z")
    }

    @Test func `expansion knows only what is allowed, and a child brings its parent`() throws {
        let expansion = try Expansion(["a.b,c", "a.b"], allowed: ["a", "a.b", "c"])
        #expect(expansion.includes("a") && expansion.includes("c"))
        #expect(expansion.inside("a").includes("b"))
        #expect(!expansion.includes("b") && expansion.inside("c").isEmpty)
        let problem = #expect(throws: Problem.self) { try Expansion(["x"], allowed: ["a", "c"]) }
        #expect(problem?.code == .invalidExpand)
        #expect(problem?.detail.contains("a, c") == true)
    }
}

@Suite struct ProblemTests {
    @Test func `every code has its own name, a status of an error and a title`() {
        for code in ProblemCode.allCases {
            #expect((400...599).contains(code.status))
            #expect(!code.title.isEmpty)
            #expect(code.rawValue.allSatisfy { $0.isLowercase || $0 == "_" })
        }
    }

    @Test func `a problem is written as RFC 9457 wants it`() throws {
        let problem = Problem(
            .validationFailed,
            "Wrong.",
            errors: [Problem.FieldError(pointer: "/a", code: "required")]
        )
        let answer = problem.answer(instance: "/v1/x", requestID: "req_1")
        #expect(answer.contentType == "application/problem+json")
        let expected =
            #"{"type":"https://errors.tollgate.invalid/validation_failed","title":"Invalid fields","status":422,"#
            + #""detail":"Wrong.","instance":"/v1/x","code":"validation_failed","request_id":"req_1","#
            + #""errors":[{"pointer":"/a","code":"required"}]}"#
        #expect(answer.text == expected)
    }
}

@Suite struct EntityTagTests {
    private let tag = EntityTag(version: 4, body: Array("{}".utf8))

    @Test func `the tag names the version and the content`() {
        #expect(tag.text.wholeMatch(of: /"4-[0-9a-f]{16}"/) != nil)
        #expect(tag != EntityTag(version: 4, body: Array("[]".utf8)))
    }

    @Test func `a list of tags matches if one does, weak or not`() {
        for values in [[tag.text], ["W/\(tag.text)"], ["\"x\", \(tag.text)"], ["\"x\"", tag.text], ["*"]] {
            #expect(tag.matches(ifNoneMatch: values))
        }
        for values in [[], [""], ["\"4\""], ["4"], [String(tag.text.dropLast())]] {
            #expect(!tag.matches(ifNoneMatch: values))
        }
    }
}
