package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// report is the line that load prints. Latencies are in milliseconds.
type report struct {
	Sent    int     `json:"sent"`
	Failed  int     `json:"failed"`
	Seconds float64 `json:"seconds"`
	PerSec  float64 `json:"perSecond"`
	Mean    float64 `json:"meanMs"`
	P50     float64 `json:"p50Ms"`
	P99     float64 `json:"p99Ms"`
	P999    float64 `json:"p999Ms"`
}

// runLoad sends plain HTTP/1.1 requests over kept-alive connections: as fast as they are answered (closed loop),
// or at a fixed rate whatever becomes of the earlier ones (open loop, so that a slow answer delays no measurement).
func runLoad(args []string) {
	flags := flag.NewFlagSet("load", flag.ExitOnError)
	address := flags.String("address", "127.0.0.1:10000", "where to")
	connections := flags.Int("connections", 16, "connections; requests at once in a closed loop")
	seconds := flags.Float64("seconds", 5, "how long")
	rate := flags.Int("rate", 0, "requests per second; 0: as fast as they are answered")
	flags.Parse(args)
	if !strings.HasPrefix(*address, "127.0.0.1:") {
		log.Fatalf("load goes to 127.0.0.1 only, not to %s", *address)
	}

	due := make(chan time.Time, 1<<20)
	go release(due, *rate, *seconds)
	var failed atomic.Int64
	latencies := make([][]float64, *connections)
	began := time.Now()
	var workers sync.WaitGroup
	for i := range latencies {
		workers.Add(1)
		go func() {
			defer workers.Done()
			c := &client{address: *address}
			for start := range due {
				if *rate == 0 {
					start = time.Now()
				}
				if err := c.send(request, func(string, string) {}); err != nil {
					failed.Add(1)
					continue
				}
				latencies[i] = append(latencies[i], float64(time.Since(start).Microseconds())/1000)
			}
		}()
	}
	workers.Wait()
	took := time.Since(began).Seconds()
	json.NewEncoder(os.Stdout).Encode(summarize(latencies, int(failed.Load()), took))
}

// release says when the next request may go, and closes due when time is over.
func release(due chan<- time.Time, rate int, seconds float64) {
	defer close(due)
	began := time.Now()
	end := time.Duration(seconds * float64(time.Second))
	if rate == 0 {
		for time.Since(began) < end {
			// A small stock: enough to keep all connections busy, little enough to stop in time.
			if len(due) < 256 {
				due <- time.Time{}
			} else {
				time.Sleep(time.Millisecond)
			}
		}
		return
	}
	for sent := 0; ; {
		elapsed := time.Since(began)
		if elapsed >= end {
			return
		}
		for ; sent < int(elapsed.Seconds()*float64(rate)); sent++ {
			due <- time.Now()
		}
		time.Sleep(200 * time.Microsecond)
	}
}

// client is one kept-alive connection.
type client struct {
	address string
	conn    net.Conn
	reader  *bufio.Reader
}

var request = []byte("GET /v1/models HTTP/1.1\r\nhost: bench\r\nuser-agent: bench\r\nx-session-id: 42\r\n\r\n")

// send sends one request and reads its answer, whose headers it shows; an error closes the connection, and the
// next send opens another.
func (c *client) send(request []byte, header func(name, value string)) (err error) {
	if c.conn == nil {
		if c.conn, err = net.Dial("tcp", c.address); err != nil {
			c.conn = nil
			time.Sleep(10 * time.Millisecond)
			return err
		}
		c.reader = bufio.NewReader(c.conn)
	}
	defer func() {
		if err != nil {
			c.conn.Close()
			c.conn = nil
		}
	}()
	if _, err = c.conn.Write(request); err != nil {
		return err
	}
	status, err := c.reader.ReadString('\n')
	if err != nil {
		return err
	}
	length := 0
	for {
		line, err := c.reader.ReadSlice('\n')
		if err != nil {
			return err
		}
		if len(line) <= 2 {
			break
		}
		name, value, found := strings.Cut(string(line), ":")
		if !found {
			continue
		}
		value = strings.TrimSpace(value)
		if strings.EqualFold(name, "content-length") {
			if length, err = strconv.Atoi(value); err != nil {
				return err
			}
		}
		header(name, value)
	}
	if _, err = io.CopyN(io.Discard, c.reader, int64(length)); err != nil {
		return err
	}
	if !strings.HasPrefix(status, "HTTP/1.1 200") {
		return fmt.Errorf("status %s", strings.TrimSpace(status))
	}
	return nil
}

func summarize(perConnection [][]float64, failed int, seconds float64) report {
	var all []float64
	sum := 0.0
	for _, latencies := range perConnection {
		all = append(all, latencies...)
	}
	sort.Float64s(all)
	for _, latency := range all {
		sum += latency
	}
	at := func(quantile float64) float64 {
		if len(all) == 0 {
			return 0
		}
		return all[min(len(all)-1, int(quantile*float64(len(all))))]
	}
	ok := float64(len(all))
	return report{
		Sent: len(all) + failed, Failed: failed, Seconds: seconds, PerSec: ok / seconds,
		Mean: sum / max(1, ok), P50: at(0.5), P99: at(0.99), P999: at(0.999),
	}
}
