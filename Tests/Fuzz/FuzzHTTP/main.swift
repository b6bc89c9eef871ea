// TOLLGATE_FUZZ=1 swift build -c release --product FuzzHTTP -Xswiftc -use-ld=lld
// SWIFT_BACKTRACE=enable=no .build/release/FuzzHTTP -max_total_time=60 CORPUS_DIRECTORY </dev/null
import CFuzzer

var count = CommandLine.argc
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
_ = LLVMFuzzerRunDriver(&count, &arguments) { data, size in
    guard let data, size > 0 else { return 0 }
    fuzzRequestParser(UnsafeRawBufferPointer(start: data, count: size))
    return 0
}
