import Database

/// How far the provider's own list of events was read, so that what no webhook brought is found.
enum Migration0011CatchUp {
    static let migration = Migration(number: 11, name: "catch_up", statements: [positions])

    // event_id and event_second (Unix seconds): the newest event below which nothing is missing; NULL while the list
    // had none that is old enough. seen_through: up to here nothing is missing, by the provider's clock.
    // looking_since: our clock at the start of a look that is not over. found counts events that no webhook had
    // brought. gap_from to gap_to: time whose events the list shows no more; gap_run_id: the run that was started for
    // it, NULL until there is one. trouble: why the last question was not answered.
    private static let positions = """
        CREATE TABLE catch_up_positions (
            connection_id BIGINT NOT NULL PRIMARY KEY,
            event_id TEXT,
            event_second BIGINT,
            seen_through BIGINT,
            looking_since BIGINT,
            found BIGINT NOT NULL DEFAULT 0,
            found_last BIGINT NOT NULL DEFAULT 0,
            gap_from BIGINT,
            gap_to BIGINT,
            gap_run_id BIGINT,
            trouble TEXT,
            trouble_since BIGINT,
            CONSTRAINT catch_up_event_has_second CHECK ((event_id IS NULL) = (event_second IS NULL)),
            CONSTRAINT catch_up_run_needs_gap CHECK (gap_run_id IS NULL OR gap_to IS NOT NULL),
            CONSTRAINT catch_up_trouble_has_time CHECK ((trouble IS NULL) = (trouble_since IS NULL))
        )
        """
}
