import Database

/// What the writing API keeps: answers by idempotency key, who did what, and the customers that no provider has yet.
enum Migration0005WritingAPI {
    static let migration = Migration(
        number: 5,
        name: "writing_api",
        statements: [customerDraft, idempotencyKeys, auditLog]
    )

    // What a creation at a provider would send of this customer, as an operation's JSON: the fields that have no
    // column of their own (addresses) are kept nowhere else. NULL once the provider has the customer.
    private static let customerDraft = "ALTER TABLE customers ADD COLUMN draft BLOB"

    // key_digest is over who asked, where and under which key; request_digest over what was asked. busy_until: the
    // answer may still change until then. The body holds no secret.
    private static let idempotencyKeys = """
        CREATE TABLE idempotency_keys (
            id INTEGER PRIMARY KEY,
            key_digest BLOB NOT NULL,
            request_digest BLOB NOT NULL,
            status BIGINT NOT NULL,
            content_type TEXT NOT NULL,
            headers TEXT NOT NULL,
            body BLOB NOT NULL,
            busy_until BIGINT,
            expires_at BIGINT NOT NULL
        );
        CREATE UNIQUE INDEX idempotency_keys_by_digest ON idempotency_keys (key_digest);
        CREATE INDEX idempotency_keys_by_expiry ON idempotency_keys (expires_at);
        """

    // Who did what to which object. Written with the act itself; names no person, so that nothing of it need be
    // erased. actor: public id of an API key, or control_socket; site
    // and mode: whose data it was, NULL for none.
    private static let auditLog = """
        CREATE TABLE audit_log (
            id INTEGER PRIMARY KEY,
            at BIGINT NOT NULL,
            actor TEXT NOT NULL,
            act TEXT NOT NULL,
            target TEXT NOT NULL,
            site TEXT,
            mode TEXT,
            request_id TEXT NOT NULL,
            CONSTRAINT audit_log_mode_known CHECK (\(oneOf("mode", "test", "live")))
        );
        CREATE INDEX audit_log_of_target ON audit_log (target, id);
        """
}
