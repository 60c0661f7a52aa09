// Serves prints its address and answers as services do: net/http/pprof and expvar over a heap that grows
// with every request, and below /bad/ the ways in which an answer fails.
package main

import (
	"bytes"
	_ "expvar"
	"fmt"
	"net"
	"net/http"
	_ "net/http/pprof"
	"os"
	"runtime"
	"runtime/pprof"
	"sync"
	"time"
)

var (
	kept [][]byte
	lock sync.Mutex
)

//go:noinline
func grow() {
	lock.Lock()
	defer lock.Unlock()
	for range 200 {
		kept = append(kept, make([]byte, 8<<10))
	}
}

func heap() []byte {
	var written bytes.Buffer
	if err := pprof.WriteHeapProfile(&written); err != nil {
		panic(err)
	}
	return written.Bytes()
}

func contend() {
	for {
		lock.Lock()
		time.Sleep(time.Millisecond)
		lock.Unlock()
	}
}

func answer() {
	fixed := sync.OnceValue(heap)
	http.HandleFunc("/fixed/heap", func(w http.ResponseWriter, r *http.Request) {
		w.Write(fixed())
	})
	http.HandleFunc("/bad/500", func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "on fire", http.StatusInternalServerError)
	})
	http.HandleFunc("/guarded/heap", func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "me" || password != "s3cret" {
			w.Header().Set("WWW-Authenticate", "Basic")
			http.Error(w, "who are you", http.StatusUnauthorized)
			return
		}
		w.Write(heap())
	})
	http.Handle("/moved", http.RedirectHandler("/debug/pprof/heap", http.StatusTemporaryRedirect))
	http.Handle("/bad/circle", http.RedirectHandler("/bad/circle", http.StatusFound))
	http.HandleFunc("/bad/short", func(w http.ResponseWriter, r *http.Request) {
		whole := heap()
		w.Header().Set("Content-Length", fmt.Sprint(len(whole)))
		w.Write(whole[:len(whole)/2])
	})
	// Whole for HTTP, and not for gzip.
	http.HandleFunc("/bad/half", func(w http.ResponseWriter, r *http.Request) {
		whole := heap()
		w.Write(whole[:len(whole)/2])
	})
	http.HandleFunc("/bad/endless", func(w http.ResponseWriter, r *http.Request) {
		piece := make([]byte, 1<<20)
		for r.Context().Err() == nil {
			w.Write(piece)
		}
	})
	http.HandleFunc("/bad/silent", func(w http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
	})
	http.HandleFunc("/bad/dies", func(w http.ResponseWriter, r *http.Request) {
		w.Write(heap()[:100])
		w.(http.Flusher).Flush()
		os.Exit(7)
	})
}

func main() {
	runtime.MemProfileRate = 1 << 10
	runtime.SetMutexProfileFraction(1)
	runtime.SetBlockProfileRate(1)
	go contend()
	go contend()
	answer()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr())
	panic(http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		grow()
		http.DefaultServeMux.ServeHTTP(w, r)
	})))
}
