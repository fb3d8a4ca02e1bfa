package main

import (
	"bytes"
	"context"
	"math/rand"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/etcd/clientv3"
)

const (
	fillWriters  = 8
	fillPerBatch = 100 // puts in a transaction; etcd's default limit is 128
	pollPause    = 3 * time.Millisecond
)

// fill puts all keys, many in a transaction: how fast that is says nothing about puts.
func fill(o options) {
	began := time.Now()
	noise := make([]byte, o.valueSize+4096)
	rand.New(rand.NewSource(began.UnixNano())).Read(noise)
	var next int64
	var all sync.WaitGroup
	for w := 0; w < fillWriters; w++ {
		all.Add(1)
		go func(connection *clientv3.Client) {
			defer all.Done()
			for {
				first := int(atomic.AddInt64(&next, fillPerBatch)) - fillPerBatch
				if first >= o.keys {
					return
				}
				fillBatch(connection, &o, first, noise)
			}
		}(mustConnect(o.endpoints[w%len(o.endpoints)]))
	}
	all.Wait()
	report(map[string]interface{}{"op": "fill", "keys": o.keys, "seconds": time.Since(began).Seconds()})
}

func fillBatch(connection *clientv3.Client, o *options, first int, noise []byte) {
	var puts []clientv3.Op
	for i := first; i < first+fillPerBatch && i < o.keys; i++ {
		from := i % 4096
		puts = append(puts, clientv3.OpPut(keyOf(i), string(noise[from:from+o.valueSize])))
	}
	for deadline := time.Now().Add(o.patience); ; time.Sleep(pauseAfterError) {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		_, err := connection.Txn(ctx).Then(puts...).Commit()
		cancel()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			fail("the keys from %s on can't be put: %v", keyOf(first), err)
		}
	}
}

func putOne(o options) {
	deadline := time.Now().Add(o.patience)
	for i := 0; ; i++ {
		endpoint := o.endpoints[i%len(o.endpoints)]
		connection, err := connect(endpoint)
		if err == nil {
			ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
			_, err = connection.Put(ctx, o.key, o.value)
			cancel()
			connection.Close()
		}
		if err == nil {
			report(map[string]interface{}{"op": "put", "key": o.key})
			return
		}
		if time.Now().After(deadline) {
			fail("%s can't be put: %v", o.key, err)
		}
		time.Sleep(pauseAfterError)
	}
}

// await ends as soon as the endpoint answers with the value. Until the port is open nothing is asked
// of the client library: it would wait longer and longer between its attempts.
func await(o options) {
	endpoint := o.endpoints[0]
	deadline := time.Now().Add(o.patience)
	var connection *clientv3.Client
	for ; time.Now().Before(deadline); time.Sleep(pollPause) {
		if connection == nil {
			probe, err := net.DialTimeout("tcp", endpoint, time.Second)
			if err != nil {
				continue
			}
			probe.Close()
			if connection, err = connect(endpoint); err != nil {
				continue
			}
		}
		if hasValue(connection, &o) {
			report(map[string]interface{}{"op": "await", "key": o.key})
			return
		}
	}
	fail("%s does not answer with the value of %s within %v", endpoint, o.key, o.patience)
}

func hasValue(connection *clientv3.Client, o *options) bool {
	ctx, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
	defer cancel()
	var how []clientv3.OpOption
	if o.local {
		how = append(how, clientv3.WithSerializable())
	}
	answer, err := connection.Get(ctx, o.key, how...)
	return err == nil && len(answer.Kvs) == 1 && bytes.Equal(answer.Kvs[0].Value, []byte(o.value))
}
