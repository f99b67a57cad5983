package torch

// The values of a pickle are nil, bool, int64, float64, string, and these. Long integers beyond
// 64 bits are big; bytes are string.
type (
	tuple []any
	list  struct{ items []any }
	dict  struct{ keys, values []any } // as they were set, the later of equal keys counts
	big   string                       // of LONG1, lowest byte first
	mark  struct{}

	// global is an allowed class or function.
	global struct{ module, name string }

	// storage is a row of values of one type.
	storage struct {
		key    string
		kind   string // float32, …
		values int64
	}

	// view is a storage, or a part of one in files of old versions.
	view struct {
		*storage
		offset, values int64
	}

	// tensor is a view with a shape.
	tensor struct {
		view
		offset  int64 // in the view
		shape   []int
		strides []int64
	}
)

func (g global) String() string { return g.module + "." + g.name }

// storageTypes are the allowed classes of storages in module torch, with the types of their
// values.
func storageType(name string) (kind string, ok bool) {
	kind, ok = map[string]string{
		"FloatStorage": "float32", "HalfStorage": "float16", "BFloat16Storage": "bfloat16", "DoubleStorage": "float64",
		"LongStorage": "int64", "IntStorage": "int32", "ShortStorage": "int16", "CharStorage": "int8",
		"ByteStorage": "uint8", "BoolStorage": "bool",
	}[name]
	return kind, ok
}

// allowed says whether a pickle may name a class or a function. Everything that an allowed one
// does is in this package.
func (g global) allowed() bool {
	if g.module == "torch" {
		if _, ok := storageType(g.name); ok {
			return true
		}
	}
	switch g.String() {
	case "collections.OrderedDict", "torch.Size",
		"torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_parameter":
		return true
	}
	return false
}
