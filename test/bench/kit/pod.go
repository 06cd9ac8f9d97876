package main

import (
	"io"
	"log"
	"net/http"
)

// servePod answers at once, and a request for /hold not before its client has left.
func servePod(listen string) {
	http.HandleFunc("/hold", func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "ok") })
	log.Fatal(http.ListenAndServe(listen, nil))
}
