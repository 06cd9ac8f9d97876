package main

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"path"
	"strconv"
	"time"
)

// servePod answers at once. The answer to /hold begins and goes on until its client leaves; that to
// /events/40 is so many events, a millisecond apart.
func servePod(listen string) {
	http.HandleFunc("/hold", func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "ok")
		http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	http.HandleFunc("/events/", func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		events, _ := strconv.Atoi(path.Base(r.URL.Path))
		w.Header().Set("content-type", "text/event-stream")
		for nth := range events {
			fmt.Fprintf(w, "data: {\"token\":%d}\n\n", nth)
			http.NewResponseController(w).Flush()
			time.Sleep(time.Millisecond)
		}
	})
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		io.WriteString(w, "ok")
	})
	log.Fatal(http.ListenAndServe(listen, nil))
}
