import Database

/// Bearer keys of the admin API.
enum Migration0003APIKeys {
    static let migration = Migration(number: 3, name: "api_keys", statements: [apiKeys])

    // Of the key itself only the SHA-256 and the first letters are kept. sites is a JSON array of names, scopes
    // a list with commas between. Rows are never deleted: the log names keys by number.
    private static let apiKeys = """
        CREATE TABLE api_keys (
            id INTEGER PRIMARY KEY,
            key_digest BLOB NOT NULL,
            prefix TEXT NOT NULL,
            name TEXT,
            sites TEXT NOT NULL,
            mode TEXT NOT NULL,
            scopes TEXT NOT NULL,
            created_at BIGINT NOT NULL,
            revoked_at BIGINT,
            last_used_at BIGINT,
            CONSTRAINT api_keys_mode_known CHECK (\(oneOf("mode", "test", "live")))
        );
        CREATE UNIQUE INDEX api_keys_by_digest ON api_keys (key_digest);
        """
}
