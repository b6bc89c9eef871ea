/// Members that a comparison leaves out, each named by its keys from the top: `hosted_invoice_url`,
/// `charges.url`. A path goes through arrays without a step of its own: `lines.data.period` is left out of every
/// element of `lines.data`. Keys that hold a dot cannot be named.
package struct JSONPathSet: Sendable {
    struct Node: Sendable {
        var key: [UInt8]
        var isLeaf: Bool
        var children: [Int]
    }

    /// Node 0 is the top; empty when no path is given.
    private(set) var nodes: [Node] = []

    /// The place of a value that no path leads through.
    static let outside = -1

    package static let none = JSONPathSet([])

    package init(_ paths: [String]) {
        guard !paths.isEmpty else { return }
        nodes = [Node(key: [], isLeaf: false, children: [])]
        for path in paths {
            var place = 0
            for part in path.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false) {
                let key = Array(part)
                if let known = nodes[place].children.first(where: { nodes[$0].key == key }) {
                    place = known
                } else {
                    nodes.append(Node(key: key, isLeaf: false, children: []))
                    nodes[place].children.append(nodes.count - 1)
                    place = nodes.count - 1
                }
            }
            nodes[place].isLeaf = true
        }
    }

    var top: Int { nodes.isEmpty ? Self.outside : 0 }

    /// Where a member named `key` of the object at `place` is; nil when it is to be left out.
    func place(of key: UnsafeBufferPointer<UInt8>, from place: Int) -> Int? {
        // Lengths first: nearly every member is none of the few that are named.
        for child in nodes[place].children
        where nodes[child].key.count == key.count && nodes[child].key.elementsEqual(key) {
            return nodes[child].isLeaf ? nil : child
        }
        return Self.outside
    }
}
