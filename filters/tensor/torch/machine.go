package torch

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"
)

// maxSteps is how many opcodes a pickle may have. A checkpoint has about fifty for a tensor.
const maxSteps = 1 << 20

// machine runs one pickle. Each step makes at most one value, and values are shared. What copies
// values takes a step for each.
type machine struct {
	in    *input
	stack []any
	memo  map[uint64]any
	steps int                     // that are left
	pid   func(any) (view, error) // of a persistent id
}

// unpickle reads a pickle from its first byte to its end. pid makes the storage of a persistent
// id; nil refuses them.
func unpickle(in *input, pid func(any) (view, error)) (any, error) {
	m := &machine{in: in, memo: map[uint64]any{}, steps: maxSteps, pid: pid}
	for {
		at := in.at
		op, err := in.byte()
		if err == nil && op != opStop {
			if err = m.spend(1); err == nil {
				err = m.step(op)
			}
		}
		switch {
		case err != nil:
			return nil, fmt.Errorf("pickle, byte %d: %w", at, err)
		case op == opStop:
			return m.result()
		}
	}
}

// spend takes steps.
func (m *machine) spend(n int) error {
	if m.steps -= n; m.steps < 0 {
		return fmt.Errorf("more than %d steps: save only model.state_dict()", maxSteps)
	}
	return nil
}

// result is the only value of the stack.
func (m *machine) result() (any, error) {
	v, err := m.pop()
	if err == nil && len(m.stack) > 0 {
		err = fmt.Errorf("%d values are left over", len(m.stack))
	}
	if err != nil {
		return nil, fmt.Errorf("pickle, at its end: %w", err)
	}
	return v, nil
}

func (m *machine) push(v any) error {
	m.stack = append(m.stack, v)
	return nil
}

func (m *machine) pop() (any, error) {
	if len(m.stack) == 0 {
		return nil, errors.New("it takes a value from an empty stack")
	}
	v := m.stack[len(m.stack)-1]
	m.stack = m.stack[:len(m.stack)-1]
	if _, ok := v.(mark); ok {
		return nil, errors.New("it takes a mark as a value")
	}
	return v, nil
}

func (m *machine) top() (any, error) {
	v, err := m.pop()
	if err == nil {
		err = m.push(v)
	}
	return v, err
}

// popMark takes the values above the last mark.
func (m *machine) popMark() ([]any, error) {
	for i := len(m.stack) - 1; i >= 0; i-- {
		if _, ok := m.stack[i].(mark); ok {
			values := append([]any{}, m.stack[i+1:]...)
			m.stack = m.stack[:i]
			return values, nil
		}
	}
	return nil, errors.New("it takes the values above a mark, and there is no mark")
}

// tuple replaces the last n values by a tuple.
func (m *machine) tuple(n int) error {
	t := make(tuple, n)
	for i := n - 1; i >= 0; i-- {
		v, err := m.pop()
		if err != nil {
			return err
		}
		t[i] = v
	}
	return m.push(t)
}

func (m *machine) get(index uint64) error {
	v, ok := m.memo[index]
	if !ok {
		return fmt.Errorf("it reads memo %d, which is not set", index)
	}
	return m.push(v)
}

func (m *machine) put(index uint64) error {
	v, err := m.top()
	if err == nil {
		m.memo[index] = v
	}
	return err
}

// setItems puts keys and values in turn into the dictionary on top.
func (m *machine) setItems(pairs []any) error {
	if len(pairs)%2 > 0 {
		return errors.New("a key has no value")
	}
	v, err := m.top()
	if err != nil {
		return err
	}
	d, ok := v.(*dict)
	if !ok {
		return fmt.Errorf("it sets items of %s, which is no dictionary", describe(v))
	}
	for i := 0; i < len(pairs); i += 2 {
		d.keys, d.values = append(d.keys, pairs[i]), append(d.values, pairs[i+1])
	}
	return nil
}

// appendItems puts values into the list on top.
func (m *machine) appendItems(items []any) error {
	v, err := m.top()
	if err != nil {
		return err
	}
	l, ok := v.(*list)
	if !ok {
		return fmt.Errorf("it appends to %s, which is no list", describe(v))
	}
	l.items = append(l.items, items...)
	return nil
}

// global pushes a class or a function if it is allowed.
func (m *machine) global(module, name string) error {
	g := global{module, name}
	if !g.allowed() {
		return fmt.Errorf("it asks for %.200q, and nothing of a file is ever run: save only tensors, with torch.save(model.state_dict(), …)", g)
	}
	return m.push(g)
}

// stackGlobal is global with the names on the stack.
func (m *machine) stackGlobal() error {
	name, err := m.pop()
	if err != nil {
		return err
	}
	module, err := m.pop()
	if err != nil {
		return err
	}
	from, ok := module.(string)
	what, ok2 := name.(string)
	if !ok || !ok2 {
		return errors.New("the name of a class is no string")
	}
	return m.global(from, what)
}

// build gives an object its attributes. Only ordered dictionaries and parameters have any, and
// no tensor needs them.
func (m *machine) build() error {
	if _, err := m.pop(); err != nil {
		return err
	}
	v, err := m.top()
	if err != nil {
		return err
	}
	switch v.(type) {
	case *dict, *tensor:
		return nil
	}
	return fmt.Errorf("it sets attributes of %s", describe(v))
}

// persistent pushes the storage of a persistent id.
func (m *machine) persistent() error {
	id, err := m.pop()
	if err != nil {
		return err
	}
	if m.pid == nil {
		return errors.New("a persistent id is not expected here")
	}
	s, err := m.pid(id)
	if err != nil {
		return err
	}
	return m.push(s)
}

// long pushes an integer of so many bytes in two's complement.
func (m *machine) long(size uint64) error {
	b, err := m.in.bytes(size)
	if err != nil {
		return err
	}
	if len(b) > 8 {
		return m.push(big(b))
	}
	var wide [8]byte
	if len(b) > 0 && b[len(b)-1] >= 0x80 {
		wide = [8]byte{255, 255, 255, 255, 255, 255, 255, 255}
	}
	copy(wide[:], b)
	return m.push(int64(binary.LittleEndian.Uint64(wide[:])))
}

// text pushes a string of so many bytes.
func (m *machine) text(size uint64) error {
	b, err := m.in.bytes(size)
	if err != nil {
		return err
	}
	return m.push(string(b))
}

// float pushes the eight bytes of a float64, the highest first.
func (m *machine) float() error {
	b, err := m.in.bytes(8)
	if err != nil {
		return err
	}
	return m.push(math.Float64frombits(binary.BigEndian.Uint64(b)))
}

// describe names a value in a message.
func describe(v any) string {
	switch v := v.(type) {
	case nil:
		return "None"
	case bool:
		return "a bool"
	case int64:
		return strconv.FormatInt(v, 10)
	case big:
		return "a long integer"
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case string:
		return fmt.Sprintf("the string %.60q", v)
	case tuple:
		return fmt.Sprintf("a tuple of %d", len(v))
	case *list:
		return "a list"
	case *dict:
		return "a dictionary"
	case global:
		return v.String()
	case view:
		return "a storage"
	case *tensor:
		return "a tensor"
	}
	return fmt.Sprintf("a %T", v)
}
