package main

import (
	"context"
	"encoding/json"
	"flag"
	"io"
	"log"
	"os"
	"sync"
	"time"

	extproc "github.com/envoyproxy/go-control-plane/envoy/service/ext_proc/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
)

// runPaced opens ext_proc streams at a fixed rate, without waiting for earlier ones, and checks the
// health meanwhile as the shipped Envoy files do. Prints one line of JSON, latencies in ms from the
// time at which a stream was due.
func runPaced(args []string) {
	flags := flag.NewFlagSet("paced", flag.ExitOnError)
	address := flags.String("address", "127.0.0.1:9002", "where to")
	rate := flags.Int("rate", 1000, "streams per second")
	seconds := flags.Float64("seconds", 30, "how long")
	checkMs := flags.Int("checkMs", 250, "interval and timeout of health checks")
	flags.Parse(args)
	mustBeLoopback(*address)

	conn, err := grpc.NewClient(*address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	due := make(chan time.Time, 1<<20)
	go release(due, *rate, *seconds, 1<<30)

	checks := checkHealth(conn, time.Duration(*checkMs)*time.Millisecond, time.Duration(*seconds*float64(time.Second)))
	var all sync.WaitGroup
	var lock sync.Mutex
	var latencies []float64
	failed := 0
	began := time.Now()
	for at := range due {
		all.Add(1)
		go func() {
			defer all.Done()
			err := exchangeOnce(conn)
			tookMs := float64(time.Since(at).Microseconds()) / 1000
			lock.Lock()
			defer lock.Unlock()
			if err != nil {
				failed++
			} else {
				latencies = append(latencies, tookMs)
			}
		}()
	}
	all.Wait()
	missed := <-checks
	longest := 0.0
	for _, latency := range latencies {
		longest = max(longest, latency)
	}
	summary := summarize([][]float64{latencies}, failed, 0, time.Since(began).Seconds())
	json.NewEncoder(os.Stdout).Encode(struct {
		report
		LongestMs    float64 `json:"longestMs"`
		MissedChecks int     `json:"missedChecks"`
	}{summary, longest, missed})
}

// exchangeOnce asks where one request goes.
func exchangeOnce(conn *grpc.ClientConn) error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	stream, err := extproc.NewExternalProcessorClient(conn).Process(ctx)
	if err != nil {
		return err
	}
	request := &extproc.ProcessingRequest{
		Request: &extproc.ProcessingRequest_RequestHeaders{RequestHeaders: &extproc.HttpHeaders{}},
	}
	if err := stream.Send(request); err != nil {
		return err
	}
	if _, err := stream.Recv(); err != nil {
		return err
	}
	if err := stream.CloseSend(); err != nil {
		return err
	}
	if _, err := stream.Recv(); err != io.EOF {
		return err
	}
	return nil
}

// checkHealth sends how many checks were not answered with SERVING in time, at the end.
func checkHealth(conn *grpc.ClientConn, interval, during time.Duration) <-chan int {
	result := make(chan int, 1)
	go func() {
		missed := 0
		for end := time.Now().Add(during); time.Now().Before(end); time.Sleep(interval) {
			ctx, cancel := context.WithTimeout(context.Background(), interval)
			answer, err := healthpb.NewHealthClient(conn).Check(ctx, &healthpb.HealthCheckRequest{})
			cancel()
			if err != nil || answer.Status != healthpb.HealthCheckResponse_SERVING {
				missed++
			}
		}
		result <- missed
	}()
	return result
}
