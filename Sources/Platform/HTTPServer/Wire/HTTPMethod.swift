/// RFC 9110 §9. Methods are case-sensitive: `get` is `.other`.
package enum HTTPMethod: UInt8, Sendable {
    case get
    case head
    case post
    case put
    case patch
    case delete
    case options
    /// Any other token; its text is in `HTTPRequestHead.methodText`. Handlers answer 405 or 501.
    case other
}
