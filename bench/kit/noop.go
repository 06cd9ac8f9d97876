package main

import (
	"log"
	"math"
	"net"
	"strings"
	"sync/atomic"

	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	extproc "github.com/envoyproxy/go-control-plane/envoy/service/ext_proc/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/protobuf/types/known/structpb"
)

const destinationKey = "x-gateway-destination-endpoint"

// noopServer answers as Baton does, naming the pods in turn instead of deciding: the least a Go
// scheduler can cost. Its replies are in their wire form since the start.
type noopServer struct {
	extproc.UnimplementedExternalProcessorServer
	routed   []wireMessage
	trailers wireMessage
	turn     atomic.Uint32
}

func (s *noopServer) Process(stream extproc.ExternalProcessor_ProcessServer) error {
	for {
		request, err := stream.Recv()
		if err != nil {
			// The end of the stream is the end of the exchange.
			return nil
		}
		reply := s.trailers
		if _, ok := request.Request.(*extproc.ProcessingRequest_RequestHeaders); ok {
			reply = s.routed[s.turn.Add(1)%uint32(len(s.routed))]
		}
		if err := stream.SendMsg(reply); err != nil {
			return err
		}
	}
}

func serveNoop(listen string, pods []string) {
	listener, err := net.Listen("tcp", listen)
	if err != nil {
		log.Fatal(err)
	}
	answers := &noopServer{trailers: toWire(&extproc.ProcessingResponse{
		Response: &extproc.ProcessingResponse_ResponseTrailers{ResponseTrailers: &extproc.TrailersResponse{}},
	})}
	for i := range pods {
		// The chosen pod first, then the others as alternates.
		destinations := append(append([]string{}, pods[i:]...), pods[:i]...)
		answers.routed = append(answers.routed, toWire(routeTo(strings.Join(destinations, ","))))
	}
	serve(listener, answers)
}

func serve(listener net.Listener, processor extproc.ExternalProcessorServer) {
	server := grpc.NewServer(grpc.MaxConcurrentStreams(math.MaxUint32), grpc.ForceServerCodecV2(wireCodec()))
	extproc.RegisterExternalProcessorServer(server, processor)
	healthpb.RegisterHealthServer(server, health.NewServer())
	log.Fatal(server.Serve(listener))
}

func routeTo(destinations string) *extproc.ProcessingResponse {
	metadata, err := structpb.NewStruct(map[string]any{"envoy.lb": map[string]any{destinationKey: destinations}})
	if err != nil {
		log.Fatal(err)
	}
	return &extproc.ProcessingResponse{
		Response: &extproc.ProcessingResponse_RequestHeaders{RequestHeaders: &extproc.HeadersResponse{
			Response: &extproc.CommonResponse{HeaderMutation: &extproc.HeaderMutation{
				SetHeaders: []*core.HeaderValueOption{{
					Header:       &core.HeaderValue{Key: destinationKey, RawValue: []byte(destinations)},
					AppendAction: core.HeaderValueOption_OVERWRITE_IF_EXISTS_OR_ADD,
				}},
			}},
		}},
		DynamicMetadata: metadata,
	}
}
