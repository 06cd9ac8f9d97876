package main

import (
	"io"
	"log"
	"net/http"
)

// servePod answers at once. The answer to /hold begins and goes on until its client leaves.
func servePod(listen string) {
	http.HandleFunc("/hold", func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "ok")
		http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		io.WriteString(w, "ok")
	})
	log.Fatal(http.ListenAndServe(listen, nil))
}
