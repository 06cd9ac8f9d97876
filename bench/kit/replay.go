package main

import (
	"bufio"
	"fmt"
	"log"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// traced is one line of a trace: when the request is due, in ms after the beginning, and how many
// tokens its reply shall have.
type traced struct {
	atMs   float64
	tokens int
}

// replay sends completion requests to a simulated pod, or to a proxy before several, each at its
// time, whatever became of the earlier ones. It prints the time of its beginning (ms since 1970) at
// once. At its end, which SIGTERM brings about early, it writes a line a request that was sent:
// when it was due, how long it took and how long it waited for a slot (ms), and ok or what went
// wrong.
func replay(address, traceFile, outFile string) {
	mustBeLoopback(address)
	requests := readTrace(traceFile)
	enough := make(chan os.Signal, 1)
	signal.Notify(enough, syscall.SIGTERM)

	results := make([]string, len(requests))
	clients := &clientPool{address: address}
	var sent sync.WaitGroup
	began := time.Now()
	fmt.Println(began.UnixMilli())
sending:
	for i, one := range requests {
		due := began.Add(time.Duration(one.atMs * float64(time.Millisecond)))
		select {
		case <-enough:
			break sending
		case <-time.After(time.Until(due)):
		}
		sent.Add(1)
		go func() {
			defer sent.Done()
			results[i] = clients.ask(one, due)
		}()
	}
	sent.Wait()
	out := strings.Join(results, "")
	if err := os.WriteFile(outFile, []byte(out), 0o644); err != nil {
		log.Fatal(err)
	}
}

func readTrace(name string) []traced {
	file, err := os.Open(name)
	if err != nil {
		log.Fatal(err)
	}
	defer file.Close()
	var requests []traced
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		var one traced
		if _, err := fmt.Sscan(lines.Text(), &one.atMs, &one.tokens); err != nil {
			log.Fatalf("%s: %q: %v", name, lines.Text(), err)
		}
		requests = append(requests, one)
	}
	return requests
}

// clientPool keeps idle connections, the one used last on top.
type clientPool struct {
	address string
	mutex   sync.Mutex
	idle    []*client
}

func (p *clientPool) ask(one traced, due time.Time) string {
	c := p.take()
	defer p.give(c)
	body := fmt.Sprintf(`{"max_tokens":%d}`, one.tokens)
	request := fmt.Sprintf("POST /v1/completions HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n"+
		"content-length: %d\r\n\r\n%s", len(body), body)
	queuedMs := 0.0
	err := c.exchange([]byte(request), func(name, value string) {
		if strings.EqualFold(name, "x-podsim-queued-ms") {
			queuedMs, _ = strconv.ParseFloat(value, 64)
		}
	})
	tookMs := float64(time.Since(due).Microseconds()) / 1000
	outcome := "ok"
	if err != nil {
		outcome = strings.ReplaceAll(err.Error(), " ", "_")
	}
	return fmt.Sprintf("%.3f %.3f %.2f %s\n", one.atMs, tookMs, queuedMs, outcome)
}

func (p *clientPool) take() *client {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if len(p.idle) == 0 {
		return &client{address: p.address}
	}
	last := len(p.idle) - 1
	c := p.idle[last]
	p.idle = p.idle[:last]
	return c
}

func (p *clientPool) give(c *client) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.idle = append(p.idle, c)
}
