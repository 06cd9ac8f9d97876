// Package main is what the benchmark compares Baton with and measures it by: a no-op ext_proc
// server on grpc-go, a pod that answers at once, load generators for HTTP and for ext_proc, and a
// holder of ext_proc streams. None of them is part of Baton.
package main

import (
	"fmt"
	"log"
	"os"
)

const usage = `usage:
  kit noop LISTEN POD…           an ext_proc server that names the pods in turn
  kit picker LISTEN POD…         an ext_proc server that parses the buffered body and names a pod of its model
  kit pod LISTEN                 an HTTP server that answers every request with "ok", and never ends the answer to /hold
  kit streams ADDRESS COUNT      opens ext_proc streams and holds them until standard input ends
  kit exchanges FLAGS            ext_proc streams without an Envoy, one reply each; prints the same line as load
  kit paced FLAGS                ext_proc streams at a fixed rate, and health checks; prints one line of JSON
  kit load FLAGS                 HTTP load; prints one line of JSON (kit load -h)
  kit replay ADDRESS TRACE OUT   sends each request of a trace at its time and writes what became of it
`

func main() {
	log.SetFlags(0)
	args := os.Args[1:]
	switch {
	case len(args) >= 3 && args[0] == "noop":
		serveNoop(args[1], args[2:])
	case len(args) >= 3 && args[0] == "picker":
		servePicker(args[1], args[2:])
	case len(args) == 2 && args[0] == "pod":
		servePod(args[1])
	case len(args) == 3 && args[0] == "streams":
		holdStreams(args[1], args[2])
	case len(args) >= 1 && args[0] == "exchanges":
		runExchanges(args[1:])
	case len(args) >= 1 && args[0] == "paced":
		runPaced(args[1:])
	case len(args) >= 1 && args[0] == "load":
		runLoad(args[1:])
	case len(args) == 4 && args[0] == "replay":
		replay(args[1], args[2], args[3])
	default:
		fmt.Fprint(os.Stderr, usage)
		os.Exit(64)
	}
}
