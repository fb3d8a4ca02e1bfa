package main

import (
	"context"
	"math/rand"
	"sort"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"go.etcd.io/etcd/clientv3"
	"google.golang.org/grpc/status"
)

const pauseAfterError = 5 * time.Millisecond

// recorder is what all clients of a load write to.
type recorder struct {
	mutex       sync.Mutex
	begin, end  time.Time
	lastSuccess time.Time
	longestGap  time.Duration
	operations  int64
	errors      map[string]int64
}

func (r *recorder) succeeded(now time.Time) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if now.After(r.end) {
		return
	}
	r.operations++
	if gap := now.Sub(r.lastSuccess); gap > r.longestGap {
		r.longestGap = gap
	}
	r.lastSuccess = now
}

func (r *recorder) failed(err error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.errors[status.Convert(err).Code().String()]++
}

// client is one closed loop: its next operation begins when it has the answer to the last.
type client struct {
	connection *clientv3.Client
	random     *rand.Rand
	noise      []byte
	times      []time.Duration // of the operations that succeeded
}

func (c *client) key(o *options) string { return keyOf(c.random.Intn(o.keys)) }

func (c *client) operate(o *options) error {
	patience := o.tryTimeout/3 + time.Duration(c.random.Int63n(int64(o.tryTimeout)*2/3+1))
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	key := c.key(o)
	if o.op == "get" {
		_, err := c.connection.Get(ctx, key)
		return err
	}
	from := c.random.Intn(len(c.noise) - o.valueSize)
	_, err := c.connection.Put(ctx, key, string(c.noise[from:from+o.valueSize]))
	return err
}

func (c *client) run(o *options, r *recorder, left *int64) {
	for time.Now().Before(r.end) && (o.operations == 0 || atomic.AddInt64(left, -1) >= 0) {
		c.succeed(o, r)
	}
}

// succeed does one operation; after an error it begins anew. Only what succeeds is timed.
func (c *client) succeed(o *options, r *recorder) {
	for {
		began := time.Now()
		if !began.Before(r.end) {
			return
		}
		err := c.operate(o)
		if err == nil {
			now := time.Now()
			c.times = append(c.times, now.Sub(began))
			r.succeeded(now)
			return
		}
		r.failed(err)
		time.Sleep(pauseAfterError)
	}
}

func newClients(o *options) []*client {
	count := o.connections
	if o.clients < count {
		count = o.clients
	}
	connections := make([]*clientv3.Client, count)
	for i := range connections {
		connections[i] = mustConnect(o.endpoints[i%len(o.endpoints)])
	}
	clients := make([]*client, o.clients)
	for i := range clients {
		random := rand.New(rand.NewSource(time.Now().UnixNano() + int64(i)))
		noise := make([]byte, o.valueSize+4096)
		random.Read(noise)
		clients[i] = &client{connection: connections[i%count], random: random, noise: noise}
	}
	return clients
}

func cpuSeconds() float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		fail("getrusage: %v", err)
	}
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e9
}

func runLoad(o options) {
	clients := newClients(&o)
	cpu := cpuSeconds()
	begin := time.Now()
	r := &recorder{begin: begin, end: begin.Add(seconds(o.seconds)), lastSuccess: begin,
		errors: map[string]int64{}}
	if o.operations > 0 {
		r.end = begin.Add(o.patience)
	}
	left := o.operations
	var all sync.WaitGroup
	for _, c := range clients {
		all.Add(1)
		go func(c *client) {
			defer all.Done()
			c.run(&o, r, &left)
		}(c)
	}
	all.Wait()
	took := time.Since(begin)
	cpu = (cpuSeconds() - cpu) / took.Seconds()
	if o.operations == 0 {
		took = r.end.Sub(begin)
		if gap := r.end.Sub(r.lastSuccess); gap > r.longestGap {
			r.longestGap = gap
		}
	}
	report(figures(&o, clients, r, took, cpu))
}

func figures(o *options, clients []*client, r *recorder, took time.Duration, cpu float64) map[string]interface{} {
	var times []time.Duration
	for _, c := range clients {
		times = append(times, c.times...)
	}
	sort.Slice(times, func(i, j int) bool { return times[i] < times[j] })
	percentile := func(p float64) int64 {
		if len(times) == 0 {
			return 0
		}
		return times[int(p/100*float64(len(times)-1)+0.5)].Microseconds()
	}
	return map[string]interface{}{
		"op": o.op, "clients": o.clients, "keys": o.keys, "value_size": o.valueSize,
		"seconds": took.Seconds(), "operations": r.operations,
		"throughput": float64(r.operations) / took.Seconds(),
		"p50_us":     percentile(50), "p90_us": percentile(90), "p99_us": percentile(99),
		"p999_us": percentile(99.9), "max_us": percentile(100),
		"errors": r.errors, "longest_gap_us": r.longestGap.Microseconds(), "cpu": cpu,
	}
}
