package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"log"
	"net"
	"os"
	"sync"
	"time"

	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	extproc "github.com/envoyproxy/go-control-plane/envoy/service/ext_proc/v3"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
	"google.golang.org/protobuf/proto"
)

const windowSize = 1<<31 - 1

// runExchanges drives an ext_proc server without an Envoy: on each connection so many streams at a
// time, each of them request headers, a reply, the end. It speaks in frames and decodes nothing, so
// that the server is what is busy. Prints the line that load prints.
func runExchanges(args []string) {
	flags := flag.NewFlagSet("exchanges", flag.ExitOnError)
	address := flags.String("address", "127.0.0.1:9002", "where to")
	connections := flags.Int("connections", 4, "connections")
	streams := flags.Int("streams", 16, "streams at a time on each connection")
	seconds := flags.Float64("seconds", 5, "how long")
	flags.Parse(args)
	mustBeLoopback(*address)

	request := frameMessage(&extproc.ProcessingRequest{Request: &extproc.ProcessingRequest_RequestHeaders{
		RequestHeaders: &extproc.HttpHeaders{Headers: &core.HeaderMap{Headers: []*core.HeaderValue{
			{Key: "traceparent", RawValue: []byte("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00")},
		}}},
	}})
	latencies := make([][]float64, *connections)
	failed := make([]int, *connections)
	began := time.Now()
	var all sync.WaitGroup
	for i := range latencies {
		all.Add(1)
		go func() {
			defer all.Done()
			end := began.Add(time.Duration(*seconds * float64(time.Second)))
			latencies[i], failed[i] = exchangeUntil(end, *address, *streams, request)
		}()
	}
	all.Wait()
	lost := 0
	for _, n := range failed {
		lost += n
	}
	json.NewEncoder(os.Stdout).Encode(summarize(latencies, lost, 0, time.Since(began).Seconds()))
}

// exchangeUntil answers with the milliseconds that each reply took, and how many streams ended
// without one.
func exchangeUntil(end time.Time, address string, streams int, request []byte) (latencies []float64, failed int) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	out := bufio.NewWriterSize(conn, 1<<16)
	out.WriteString(http2.ClientPreface)
	in := bufio.NewReaderSize(conn, 1<<16)
	framer := http2.NewFramer(out, in)
	framer.SetReuseFrames()
	framer.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: windowSize})
	framer.WriteWindowUpdate(0, windowSize-65535)

	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	started := map[uint32]time.Time{}
	next := uint32(1)
	begin := func() {
		block.Reset()
		for _, field := range requestFields(address) {
			encoder.WriteField(field)
		}
		framer.WriteHeaders(http2.HeadersFrameParam{StreamID: next, BlockFragment: block.Bytes(), EndHeaders: true})
		framer.WriteData(next, false, request)
		started[next] = time.Now()
		next += 2
	}
	for range streams {
		begin()
	}
	for len(started) > 0 {
		// What was written leaves when there is nothing left to read.
		if in.Buffered() == 0 {
			if err := out.Flush(); err != nil {
				return latencies, failed + len(started)
			}
		}
		frame, err := framer.ReadFrame()
		if err != nil {
			return latencies, failed + len(started)
		}
		id := frame.Header().StreamID
		switch frame := frame.(type) {
		case *http2.SettingsFrame:
			if !frame.IsAck() {
				framer.WriteSettingsAck()
			}
		case *http2.PingFrame:
			if !frame.IsAck() {
				framer.WritePing(true, frame.Data)
			}
		case *http2.DataFrame:
			if began, ok := started[id]; ok && !began.IsZero() {
				latencies = append(latencies, float64(time.Since(began).Microseconds())/1000)
				started[id] = time.Time{}
				framer.WriteData(id, true, nil)
			}
		case *http2.HeadersFrame, *http2.RSTStreamFrame:
			if frame.Header().Type == http2.FrameHeaders && !frame.Header().Flags.Has(http2.FlagHeadersEndStream) {
				continue
			}
			began, ok := started[id]
			if !ok {
				continue
			}
			delete(started, id)
			if !began.IsZero() {
				failed++
			}
			if time.Now().Before(end) {
				begin()
			}
		}
	}
	return latencies, failed
}

// requestFields are the headers of a call as Envoy makes it.
func requestFields(authority string) []hpack.HeaderField {
	return []hpack.HeaderField{
		{Name: ":method", Value: "POST"},
		{Name: ":scheme", Value: "http"},
		{Name: ":path", Value: extproc.ExternalProcessor_Process_FullMethodName},
		{Name: ":authority", Value: authority},
		{Name: "te", Value: "trailers"},
		{Name: "content-type", Value: "application/grpc"},
	}
}

// frameMessage puts gRPC's prefix before a message: not compressed, and its length.
func frameMessage(message proto.Message) []byte {
	encoded, err := proto.Marshal(message)
	if err != nil {
		log.Fatal(err)
	}
	length := len(encoded)
	prefix := []byte{0, byte(length >> 24), byte(length >> 16), byte(length >> 8), byte(length)}
	return append(prefix, encoded...)
}
