package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"strconv"

	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	extproc "github.com/envoyproxy/go-control-plane/envoy/service/ext_proc/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// perConnection is how many streams Envoy's shipped configuration puts on one connection.
const perConnection = 1024

// holdStreams opens ext_proc streams as Envoy does, one answered request each, says so, and holds
// them until standard input ends.
func holdStreams(address, count string) {
	n, err := strconv.Atoi(count)
	if err != nil {
		log.Fatal(err)
	}
	request := &extproc.ProcessingRequest{Request: &extproc.ProcessingRequest_RequestHeaders{
		RequestHeaders: &extproc.HttpHeaders{Headers: &core.HeaderMap{Headers: []*core.HeaderValue{
			{Key: ":method", RawValue: []byte("POST")},
			{Key: ":path", RawValue: []byte("/v1/chat/completions")},
		}}},
	}}
	var connection *grpc.ClientConn
	for i := 0; i < n; i++ {
		if i%perConnection == 0 {
			if connection, err = grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials())); err != nil {
				log.Fatal(err)
			}
		}
		stream, err := extproc.NewExternalProcessorClient(connection).Process(context.Background())
		if err != nil {
			log.Fatal(err)
		}
		if err := stream.Send(request); err != nil {
			log.Fatal(err)
		}
		if _, err := stream.Recv(); err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println("open")
	io.Copy(io.Discard, os.Stdin)
}
