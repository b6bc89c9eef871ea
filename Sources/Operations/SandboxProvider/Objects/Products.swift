import Timing

/// `/v1/products`
extension SandboxState {
    mutating func createProduct(_ context: CallContext) throws(ProviderError) -> SandboxAnswer {
        let parameters = context.parameters
        let name = try parameters.required("name")
        let chosen = try parameters.text("id", max: 255)
        var product = ProductShape.fresh(
            id: chosen ?? identifiers.id(.product, now: context.now),
            name: name,
            created: context.now.seconds
        )
        try apply(parameters, toProduct: &product)
        let price = try parameters.object("default_price_data").map(PriceTerms.init(reading:))
        let expand = try parameters.expansions()
        try parameters.finish()
        if let chosen {
            guard ObjectKind.of(id: chosen) == .product else {
                throw .invalid(
                    "id",
                    "The sandbox takes ids that begin with \(ObjectKind.product.idPrefix) only."
                )
            }
            guard self[.product].live(chosen) == nil else {
                throw ProviderError(
                    code: "resource_already_exists",
                    "Product already exists.",
                    parameter: "id"
                )
            }
        }
        create(.product, product, context)
        if let price, let id = product.text("id") {
            let made = createPrice(price, product: id, context)
            product["default_price"] = WireValue(made.text("id"))
            update(.product, product, context)
        }
        return .json(try expanded(product, expand))
    }

    mutating func updateProduct(_ id: String, _ context: CallContext) throws(ProviderError) -> SandboxAnswer {
        var product = try named(.product, id)
        let expand = try context.parameters.expansions()
        if let name = try context.parameters.text("name") { product["name"] = .text(name) }
        if case .set(let price) = try context.parameters.clearable("default_price") {
            guard self[.price].live(price) != nil else {
                throw .noSuch("price", price, parameter: "default_price")
            }
            product["default_price"] = .text(price)
        }
        try apply(context.parameters, toProduct: &product)
        try context.parameters.finish()
        if product != self[.product].live(id) { product["updated"] = .integer(context.now.seconds) }
        update(.product, product, context)
        return .json(try expanded(product, expand))
    }

    mutating func deleteProduct(_ id: String, _ context: CallContext) throws(ProviderError) -> SandboxAnswer {
        let product = try named(.product, id)
        try context.parameters.finish()
        guard self[.price].ranks(indexed: id).isEmpty else {
            throw .invalid("id", "This product has prices and cannot be deleted; archive it instead.")
        }
        self[.product].delete(id)
        emit("product.deleted", product, context)
        return .json(["id": .text(id), "object": "product", "deleted": true])
    }

    func listProducts(_ context: CallContext) throws(ProviderError) -> SandboxAnswer {
        let parameters = context.parameters
        let page = try ListPage(parameters)
        let isActive = try parameters.boolean("active")
        let ids = try parameters.texts("ids").value
        let expand = try parameters.expansions()
        try parameters.finish()
        let rows = try self.page(
            .product,
            page,
            matches: { product in
                (isActive == nil || product["active"]?.boolean == isActive)
                    && (ids == nil || ids?.contains(product.text("id") ?? "") == true)
            }
        )
        return try list(rows, url: "/v1/products", expand: expand)
    }

    private func apply(_ parameters: Parameters, toProduct product: inout WireObject) throws(ProviderError) {
        if let isActive = try parameters.boolean("active") { product["active"] = .boolean(isActive) }
        if let isShippable = try parameters.boolean("shippable") {
            product["shippable"] = .boolean(isShippable)
        }
        for name in ["description", "unit_label", "url", "statement_descriptor", "tax_code"] {
            try Members.text(name, parameters, &product)
        }
        switch try parameters.texts("images") {
        case .absent: break
        case .cleared: product["images"] = []
        case .set(let images): product["images"] = .list(images.map { .text($0) })
        }
        try Members.metadata(parameters, &product)
    }
}

enum ProductShape {
    static func fresh(id: String, name: String, created: Int64) -> WireObject {
        [
            "id": .text(id),
            "object": "product",
            "active": true,
            "created": .integer(created),
            "default_price": nil,
            "description": nil,
            "images": [],
            "livemode": false,
            "marketing_features": [],
            "metadata": [:],
            "name": .text(name),
            "package_dimensions": nil,
            "shippable": nil,
            "statement_descriptor": nil,
            "tax_code": nil,
            "type": "service",
            "unit_label": nil,
            "updated": .integer(created),
            "url": nil,
        ]
    }
}
