import JSON

/// What a run over customers asks of the provider beside it.
extension SandboxServer {
    struct ListedCustomer {
        let id: String
        /// Unix seconds.
        let created: Int64
    }

    func newestCustomer() throws(BenchError) -> ListedCustomer {
        guard let customer = try customers("limit=1").first else {
            throw BenchError("the provider has no customers")
        }
        return customer
    }

    /// Renames so many customers behind everybody's back, ten on each page.
    func editCustomers(_ count: Int, from newest: String) throws(BenchError) {
        var edited = 0
        var cursor = newest
        while edited < count {
            let page = try customers("limit=100&starting_after=\(cursor)")
            guard let last = page.last else { throw BenchError("the provider has fewer customers than that") }
            // Not all on one page, and not more pages than needed.
            for customer in page.prefix(min(10, count - edited)) {
                let answer = HTTPProbe(port: port).post(
                    "/sandbox/customers/\(customer.id)?tell=nothing",
                    #"{"name": "Renamed \#(edited)"}"#
                )
                guard answer?.status == 200 else { throw BenchError("a customer cannot be edited") }
                edited += 1
            }
            cursor = last.id
        }
    }

    private func customers(_ query: String) throws(BenchError) -> [ListedCustomer] {
        let answer = HTTPProbe(port: port).get("/v1/customers?\(query)", headers: try PageCalls.headers())
        guard let answer, answer.status == 200 else {
            throw BenchError("the provider does not list customers")
        }
        do {
            let data = try JSONDocument.parse(Array(answer.body.utf8)).root["data"]
            return data?.elements.compactMap { customer in
                guard let id = customer["id"]?.string, let created = customer["created"]?.integer else {
                    return nil
                }
                return ListedCustomer(id: id, created: created)
            } ?? []
        } catch {
            throw BenchError("the provider's list is no JSON: \(error)")
        }
    }
}
