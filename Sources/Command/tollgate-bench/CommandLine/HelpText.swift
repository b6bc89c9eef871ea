/// What `--help` prints.
enum HelpText {
    static let overview = """
        tollgate-bench measures the gateway from outside, over real sockets, beside the machine's raw costs.

          tollgate-bench intake   events accepted durably per second, latencies, memory, CPU per event
          tollgate-bench apply    the same with applying: lag, visibility, how fast a backlog drains
          tollgate-bench kill     kill -9 under load, again and again: is every acknowledged event there, once?
          tollgate-bench idle     memory of a server that has nothing to do
          tollgate-bench mirror   operations carried to the provider, beside a bare libcurl loop doing the same
          tollgate-bench outage   intake's latencies while the provider is unreachable and changes queue up
          tollgate-bench reconcile  customers copied and compared per second, beside a bare paging loop

        tollgate-bench COMMAND --help tells the options. Build both products for release first:
          swift build -c release --product tollgate && swift build -c release --product tollgate-bench

        """

    private static let common = """
          --connections N        keep-alive connections of the load generator
          --rate N|max           events per second on a schedule (latency counts from the scheduled time), or
                                 max: one request in flight on each connection, always
          --ids KIND             ordered (default): time-ordered, increasing; stripe: in order by the second only;
                                 random: as UUIDs
          --body-bytes N         pad the events' bodies to that size (default 3072)
          --fixtures DIRECTORY   templates of the events (default Fixtures/load)
          --database PATH        keep the store there (default: in /var/tmp, removed afterwards)
          --server PATH          the program tollgate (default: beside this one)
          --seed N               of every choice that is drawn
          --json FILE            write the results there too
          --no-raw               do not measure the raw costs
          --nginx                measure nginx's static 200 too, if it is installed

        """

    static let intake = """
        tollgate-bench intake [OPTIONS]: signed events to `tollgate serve --accept-only`.

          --seconds N            how long to measure (default 60)
          --warm-up N            seconds before that, not measured (default 1)
          --preload N            settled events in the store before the first arrives (default 0)
          --preload-bytes N      size of their bodies (default 200)
        """ + "\n" + common

    static let apply = """
        tollgate-bench apply [OPTIONS]: linked events over many subscriptions, accepted and applied.

          --seconds N            how long to measure (default 60)
          --objects N            subscriptions, each of a customer of its own (default 20000)
          --invoices PERCENT     how many of the events are paid invoices (default 10)
          --visibility N         how many single events are timed until applied (default 200)
          --visibility-rate N    events per second meanwhile (default 1000)
          --backlog N            events accepted without applying, then drained (default 200000; 0: none)
        """ + "\n" + common

    static let kill = """
        tollgate-bench kill [OPTIONS]: kills the server at random moments and looks for what it lost.
        Exits 1 on any loss.

          --rounds N             how often (default 60)
          --objects N            subscriptions that the events tell of (default 500)
          --alive N              most seconds from the resumed load to the kill (default 1)
          --rate defaults to 6000 here, so that the store stays small enough to be checked whole each round
        """ + "\n" + common

    static let idle = """
        tollgate-bench idle [OPTIONS]: memory of an idle server.

          --seconds N            how long to wait first (default 10)
          --server PATH          the program tollgate (default: beside this one)
          --json FILE            write the results there too

        """

    static let mirror = """
        tollgate-bench mirror [OPTIONS]: a full outbox carried to `tollgate sandbox` by `tollgate serve`, and the same
        calls made by a bare libcurl loop in a process of its own, before and after.

          --in-flight N,N,…      calls on their way at once (default 1,8,64)
          --latency-ms L,L,…     the provider's answer times in milliseconds; 0 is at once (default 20,0)
          --seconds N            how long each measurement shall take the bare loop (default 4)
          --server PATH          the program tollgate (default: beside this one)
          --json FILE            write the results there too
          --no-raw               do not measure the disk's fdatasync

        """

    static let reconcile = """
        tollgate-bench reconcile [OPTIONS]: a first copy of an account of `tollgate sandbox`, a second run over it, and
        a dry run with differences planted; before and after, the same lists read by a bare paging loop in a process
        of its own. Each run has a server of its own, so that its memory is its own. Exits 1 when something was not
        found, when a run over 100,000 customers or more takes more than 200 MB, and when one that copies nothing
        reaches less than 0.80 of the bare loop where answers take their time.

          --customers N,N,…      how many the account has (default 100000)
          --latency-ms L,L,…     the provider's answer times in milliseconds; 0 is at once (default 20,0)
          --bare-pages N         pages of each list, or part of one, that the bare loop reads at most (default 300)
          --planted N            differences planted for the dry run; 0: there is none (default 50)
          --server PATH          the program tollgate (default: beside this one)
          --json FILE            write the results there too
          --no-raw               do not measure the disk's fdatasync

        """

    static let outage = """
        tollgate-bench outage [OPTIONS]: webhooks at a steady rate while customers are created here, with the sandbox
        provider there and not there in turn; afterwards it comes back, and everything must reach it once.

          --seconds N            how long the outage is (default 60; 10 for a quick look)
          --rounds N             how often both are measured (default 2)
          --changes N            customers created per second (default 20)
          --objects N            subscriptions that the webhooks tell of (default 20000)
          --rate defaults to 2000 here
        """ + "\n" + common
}
