package main

import (
	"io"
	"log"
	"net/http"
)

func servePod(listen string) {
	answer := func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "ok") }
	log.Fatal(http.ListenAndServe(listen, http.HandlerFunc(answer)))
}
