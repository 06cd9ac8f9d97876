package main

import (
	"log"
	"math"
	"net"

	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	extproc "github.com/envoyproxy/go-control-plane/envoy/service/ext_proc/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/protobuf/types/known/structpb"
)

const destinationKey = "x-gateway-destination-endpoint"

// noopServer answers as Baton does, without deciding anything: the least a Go scheduler can cost.
type noopServer struct {
	extproc.UnimplementedExternalProcessorServer
	routed *extproc.ProcessingResponse
}

func (s *noopServer) Process(stream extproc.ExternalProcessor_ProcessServer) error {
	for {
		request, err := stream.Recv()
		if err != nil {
			// The end of the stream is the end of the exchange.
			return nil
		}
		reply := s.routed
		if _, ok := request.Request.(*extproc.ProcessingRequest_ResponseTrailers); ok {
			reply = &extproc.ProcessingResponse{Response: &extproc.ProcessingResponse_ResponseTrailers{
				ResponseTrailers: &extproc.TrailersResponse{},
			}}
		}
		if err := stream.Send(reply); err != nil {
			return err
		}
	}
}

func serveNoop(listen, destination string) {
	listener, err := net.Listen("tcp", listen)
	if err != nil {
		log.Fatal(err)
	}
	metadata, err := structpb.NewStruct(map[string]any{"envoy.lb": map[string]any{destinationKey: destination}})
	if err != nil {
		log.Fatal(err)
	}
	server := grpc.NewServer(grpc.MaxConcurrentStreams(math.MaxUint32))
	extproc.RegisterExternalProcessorServer(server, &noopServer{routed: &extproc.ProcessingResponse{
		Response: &extproc.ProcessingResponse_RequestHeaders{RequestHeaders: &extproc.HeadersResponse{
			Response: &extproc.CommonResponse{HeaderMutation: &extproc.HeaderMutation{
				SetHeaders: []*core.HeaderValueOption{{
					Header:       &core.HeaderValue{Key: destinationKey, RawValue: []byte(destination)},
					AppendAction: core.HeaderValueOption_OVERWRITE_IF_EXISTS_OR_ADD,
				}},
			}},
		}},
		DynamicMetadata: metadata,
	}})
	healthpb.RegisterHealthServer(server, health.NewServer())
	log.Fatal(server.Serve(listener))
}
