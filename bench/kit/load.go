package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"math"
	"net"
	"net/http/httputil"
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
	Aborted int     `json:"aborted"`
	Seconds float64 `json:"seconds"`
	PerSec  float64 `json:"perSecond"`
	Mean    float64 `json:"meanMs"`
	P50     float64 `json:"p50Ms"`
	P99     float64 `json:"p99Ms"`
	P999    float64 `json:"p999Ms"`
}

// runLoad sends plain HTTP/1.1 requests over kept-alive connections: as fast as they are answered
// (closed loop), or at a fixed rate whatever becomes of the earlier ones (open loop, so that a slow
// answer delays no measurement).
func runLoad(args []string) {
	flags := flag.NewFlagSet("load", flag.ExitOnError)
	address := flags.String("address", "127.0.0.1:10000", "where to")
	connections := flags.Int("connections", 16, "connections; requests at once in a closed loop")
	seconds := flags.Float64("seconds", 5, "how long at most")
	requests := flags.Int("requests", math.MaxInt, "how many at most")
	abortEvery := flags.Int("abort-every", 0, "of the requests of a connection each so manieth is left unanswered; 0: none")
	bodyBytes := flags.Int("body-bytes", 0, "POST a chat completion of the model a with so many bytes; 0: a GET")
	events := flags.Int("events", 0, "with body-bytes: to a path that answers with so many events, and that no picker reads a body for")
	rate := flags.Int("rate", 0, "requests per second; 0: as fast as they are answered")
	flags.Parse(args)
	mustBeLoopback(*address)

	request := request
	if *bodyBytes > 0 {
		path := "/v1/chat/completions"
		if *events > 0 {
			path = fmt.Sprintf("/events/%d", *events)
		}
		request = chatCompletion(path, *bodyBytes)
	}
	due := make(chan time.Time, 1<<20)
	go release(due, *rate, *seconds, *requests)
	var failed, aborted atomic.Int64
	latencies := make([][]float64, *connections)
	began := time.Now()
	var workers sync.WaitGroup
	for i := range latencies {
		workers.Add(1)
		go func() {
			defer workers.Done()
			c := &client{address: *address}
			for nth := 1; ; nth++ {
				start, open := <-due
				if !open {
					return
				}
				if *rate == 0 {
					start = time.Now()
				}
				if *abortEvery > 0 && nth%*abortEvery == 0 {
					c.abort()
					aborted.Add(1)
					continue
				}
				if err := c.exchange(request, ignore); err != nil {
					failed.Add(1)
					continue
				}
				latencies[i] = append(latencies[i], float64(time.Since(start).Microseconds())/1000)
			}
		}()
	}
	workers.Wait()
	took := time.Since(began).Seconds()
	json.NewEncoder(os.Stdout).Encode(summarize(latencies, int(failed.Load()), int(aborted.Load()), took))
}

// mustBeLoopback ends the program when load would leave this machine.
func mustBeLoopback(address string) {
	if !strings.HasPrefix(address, "127.0.0.1:") {
		log.Fatalf("load goes to 127.0.0.1 only, not to %s", address)
	}
}

// release says when the next request may go, and closes due when time is over or all are sent.
func release(due chan<- time.Time, rate int, seconds float64, requests int) {
	defer close(due)
	began := time.Now()
	end := time.Duration(seconds * float64(time.Second))
	sent := 0
	if rate == 0 {
		for time.Since(began) < end && sent < requests {
			// A small stock: enough to keep all connections busy, little enough to stop in time.
			if len(due) < 256 {
				due <- time.Time{}
				sent++
			} else {
				time.Sleep(time.Millisecond)
			}
		}
		return
	}
	for {
		elapsed := time.Since(began)
		if elapsed >= end || sent >= requests {
			return
		}
		for ; sent < min(requests, int(elapsed.Seconds()*float64(rate))); sent++ {
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

// chatCompletion is a request of about so many bytes. Its model is behind the messages, as OpenAI's
// SDK for Python sends it.
func chatCompletion(path string, bytes int) []byte {
	body := `{"messages":[{"role":"user","content":"` + strings.Repeat("All the world's a stage, ", bytes/25) +
		`"}],"model":"a","stream":false}`
	head := "POST " + path + " HTTP/1.1\r\nhost: bench\r\nuser-agent: bench\r\n" +
		"content-type: application/json\r\ncontent-length: " + strconv.Itoa(len(body)) + "\r\n\r\n"
	return []byte(head + body)
}

// send opens the connection if there is none, and sends one request.
func (c *client) send(request []byte) (err error) {
	if c.conn == nil {
		if c.conn, err = net.Dial("tcp", c.address); err != nil {
			c.conn = nil
			time.Sleep(10 * time.Millisecond)
			return err
		}
		c.reader = bufio.NewReader(c.conn)
	}
	_, err = c.conn.Write(request)
	return err
}

func ignore(string, string) {}

func (c *client) close() {
	if c.conn != nil {
		c.conn.Close()
		c.conn = nil
	}
}

// abort sends one request and leaves.
func (c *client) abort() {
	c.send(request)
	c.close()
}

// exchange sends one request and reads its answer, whose headers it shows; an error closes the
// connection, and the next exchange opens another.
func (c *client) exchange(request []byte, header func(name, value string)) (err error) {
	defer func() {
		if err != nil {
			c.close()
		}
	}()
	if err = c.send(request); err != nil {
		return err
	}
	status, err := c.reader.ReadString('\n')
	if err != nil {
		return err
	}
	length, chunked := 0, false
	for {
		line, err := c.reader.ReadSlice('\n')
		if err != nil {
			return err
		}
		if len(line) <= 2 {
			break
		}
		name, value, _ := strings.Cut(string(line), ":")
		value = strings.TrimSpace(value)
		if strings.EqualFold(name, "content-length") {
			if length, err = strconv.Atoi(value); err != nil {
				return err
			}
		} else if strings.EqualFold(name, "transfer-encoding") {
			chunked = true
		}
		header(name, value)
	}
	if chunked {
		if _, err = io.Copy(io.Discard, httputil.NewChunkedReader(c.reader)); err == nil {
			// The empty line behind the last chunk.
			_, err = c.reader.Discard(2)
		}
	} else {
		_, err = io.CopyN(io.Discard, c.reader, int64(length))
	}
	if err != nil {
		return err
	}
	if !strings.HasPrefix(status, "HTTP/1.1 200") {
		return fmt.Errorf("status %s", strings.TrimSpace(status))
	}
	return nil
}

func summarize(perConnection [][]float64, failed, aborted int, seconds float64) report {
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
		Sent: len(all) + failed + aborted, Failed: failed, Aborted: aborted, Seconds: seconds, PerSec: ok / seconds,
		Mean: sum / max(1, ok), P50: at(0.5), P99: at(0.99), P999: at(0.999),
	}
}
