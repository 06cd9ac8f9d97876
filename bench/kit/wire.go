package main

import (
	"log"

	"google.golang.org/grpc/encoding"
	_ "google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"
)

// wireMessage is a message that was encoded before. It is sent as it is.
type wireMessage mem.BufferSlice

func toWire(message proto.Message) wireMessage {
	bytes, err := proto.Marshal(message)
	if err != nil {
		log.Fatal(err)
	}
	return wireMessage{mem.SliceBuffer(bytes)}
}

// codec is grpc-go's own for protobuf, except that it passes wireMessages through.
type codec struct{ encoding.CodecV2 }

func wireCodec() encoding.CodecV2 { return codec{encoding.GetCodecV2("proto")} }

func (c codec) Marshal(message any) (mem.BufferSlice, error) {
	if encoded, ok := message.(wireMessage); ok {
		return mem.BufferSlice(encoded), nil
	}
	return c.CodecV2.Marshal(message)
}
