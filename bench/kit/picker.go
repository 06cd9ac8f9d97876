package main

import (
	"encoding/json"
	"log"
	"net"
	"sync/atomic"

	extproc "github.com/envoyproxy/go-control-plane/envoy/service/ext_proc/v3"
)

// picker is an endpoint picker in its usual form: Envoy buffers the body, grpc-go decodes the
// message, encoding/json parses the chat completion, and the reply names a pod of its model.
type picker struct {
	extproc.UnimplementedExternalProcessorServer
	routed map[string][]wireMessage
	turn   atomic.Uint32
}

type chat struct {
	Model    string `json:"model"`
	Messages []struct {
		Role    string `json:"role"`
		Content string `json:"content"`
	} `json:"messages"`
}

func (p *picker) Process(stream extproc.ExternalProcessor_ProcessServer) error {
	for {
		request, err := stream.Recv()
		if err != nil {
			return nil
		}
		var reply any
		switch message := request.Request.(type) {
		case *extproc.ProcessingRequest_RequestHeaders:
			reply = headersReply
		case *extproc.ProcessingRequest_RequestBody:
			var body chat
			if err := json.Unmarshal(message.RequestBody.Body, &body); err != nil {
				return err
			}
			routed := p.routed[body.Model]
			reply = routed[p.turn.Add(1)%uint32(len(routed))]
		default:
			reply = trailersReply
		}
		if err := stream.SendMsg(reply); err != nil {
			return err
		}
	}
}

var headersReply = toWire(&extproc.ProcessingResponse{
	Response: &extproc.ProcessingResponse_RequestHeaders{RequestHeaders: &extproc.HeadersResponse{}},
})

var trailersReply = toWire(&extproc.ProcessingResponse{
	Response: &extproc.ProcessingResponse_ResponseTrailers{ResponseTrailers: &extproc.TrailersResponse{}},
})

// servePicker knows one model, a, of all pods but the last.
func servePicker(listen string, pods []string) {
	listener, err := net.Listen("tcp", listen)
	if err != nil {
		log.Fatal(err)
	}
	p := &picker{routed: map[string][]wireMessage{}}
	for _, pod := range pods[:len(pods)-1] {
		reply := routeTo(pod)
		headers := reply.Response.(*extproc.ProcessingResponse_RequestHeaders).RequestHeaders
		reply.Response = &extproc.ProcessingResponse_RequestBody{
			RequestBody: &extproc.BodyResponse{Response: headers.Response},
		}
		p.routed["a"] = append(p.routed["a"], toWire(reply))
	}
	serve(listener, p)
}
