package work

import (
	"fmt"
	"os"

	"github.com/blevesearch/bleve/v2"
	"github.com/dgraph-io/badger/v4"
	"github.com/hashicorp/go-memdb"
	bolt "go.etcd.io/bbolt"
)

func search(round int) (any, error) {
	mapping := bleve.NewIndexMapping()
	index, err := bleve.NewMemOnly(mapping)
	if err != nil {
		return nil, err
	}
	batch := index.NewBatch()
	for i := 0; i < 40; i++ {
		doc := map[string]any{
			"title": fmt.Sprintf("document %d of round %d", i, round),
			"body":  "the quick brown fox jumps over the lazy dog while the heap is growing",
			"rank":  float64(i),
			"tags":  []string{"a", "b", fmt.Sprint(i % 7)},
		}
		if err := batch.Index(fmt.Sprintf("%d-%d", round, i), doc); err != nil {
			return nil, err
		}
	}
	if err := index.Batch(batch); err != nil {
		return nil, err
	}
	found, err := index.Search(bleve.NewSearchRequest(bleve.NewQueryStringQuery("fox title:document +rank:>3")))
	return []any{index, found}, err
}

func buckets(round int) (any, error) {
	f, err := os.CreateTemp("", "corpus-*.bolt")
	if err != nil {
		return nil, err
	}
	name := f.Name()
	f.Close()
	defer os.Remove(name)
	db, err := bolt.Open(name, 0o600, &bolt.Options{NoSync: true, NoFreelistSync: true})
	if err != nil {
		return nil, err
	}
	var values [][]byte
	err = db.Update(func(tx *bolt.Tx) error {
		b, err := tx.CreateBucketIfNotExists([]byte("things"))
		if err != nil {
			return err
		}
		for i := 0; i < 200; i++ {
			if err := b.Put([]byte(fmt.Sprintf("%05d", i)), []byte(fmt.Sprintf("value %d", i*round))); err != nil {
				return err
			}
		}
		c := b.Cursor()
		for k, v := c.First(); k != nil; k, v = c.Next() {
			values = append(values, append([]byte(nil), v...))
		}
		return nil
	})
	return []any{db, values}, err
}

func badgerDB(round int) (any, error) {
	if round > 2 {
		return nil, nil
	}
	opts := badger.DefaultOptions("").WithInMemory(true).WithLogger(nil).WithMemTableSize(1 << 20).
		WithNumCompactors(2).WithValueThreshold(1 << 10).WithBlockCacheSize(1 << 16)
	db, err := badger.Open(opts)
	if err != nil {
		return nil, err
	}
	var values [][]byte
	for i := 0; i < 100; i++ {
		err := db.Update(func(txn *badger.Txn) error {
			return txn.Set([]byte(fmt.Sprintf("k%d", i)), []byte(fmt.Sprintf("v%d", i)))
		})
		if err != nil {
			return nil, err
		}
	}
	err = db.View(func(txn *badger.Txn) error {
		it := txn.NewIterator(badger.DefaultIteratorOptions)
		defer it.Close()
		for it.Rewind(); it.Valid(); it.Next() {
			v, err := it.Item().ValueCopy(nil)
			if err != nil {
				return err
			}
			values = append(values, v)
		}
		return nil
	})
	return []any{db, values}, err
}

type person struct {
	ID    string
	Name  string
	Age   int
	Roles []string
}

func memory(round int) (any, error) {
	schema := &memdb.DBSchema{Tables: map[string]*memdb.TableSchema{"person": {
		Name: "person",
		Indexes: map[string]*memdb.IndexSchema{
			"id":    {Name: "id", Unique: true, Indexer: &memdb.StringFieldIndex{Field: "ID"}},
			"age":   {Name: "age", Indexer: &memdb.IntFieldIndex{Field: "Age"}},
			"roles": {Name: "roles", AllowMissing: true, Indexer: &memdb.StringSliceFieldIndex{Field: "Roles"}},
		},
	}}}
	db, err := memdb.NewMemDB(schema)
	if err != nil {
		return nil, err
	}
	for i := 0; i < 300; i++ {
		txn := db.Txn(true)
		p := &person{fmt.Sprintf("%d-%d", round, i), fmt.Sprint("name", i), i % 90, []string{"r" + fmt.Sprint(i%5), "all"}}
		if err := txn.Insert("person", p); err != nil {
			return nil, err
		}
		txn.Commit()
	}
	it, err := db.Txn(false).Get("person", "age", 42)
	return []any{db, it}, err
}
