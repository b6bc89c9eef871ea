// Build and run, sixty seconds:
//   TOLLGATE_FUZZ=1 swift build -c release --product FuzzJSON --scratch-path .build/fuzz -Xswiftc -use-ld=lld
//   SWIFT_BACKTRACE=enable=no .build/fuzz/release/FuzzJSON -max_total_time=60 </dev/null
import CFuzzer

FuzzJSON.run()
