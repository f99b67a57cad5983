package torch

import (
	"errors"
	"fmt"
)

// The opcodes of pickle's protocols 2 to 5 that binary picklers write (pickletools.opcodes).
const (
	opMark, opStop, opPop, opPopMark, opDup           = '(', '.', '0', '1', '2'
	opNone, opTrue, opFalse                           = 'N', 0x88, 0x89
	opBinInt, opBinInt1, opBinInt2, opLong1, opLong4  = 'J', 'K', 'M', 0x8a, 0x8b
	opBinFloat                                        = 'G'
	opBinUnicode, opShortUnicode, opUnicode8          = 'X', 0x8c, 0x8d
	opBinString, opShortString                        = 'T', 'U'
	opBinBytes, opShortBytes, opBytes8, opByteArray8  = 'B', 'C', 0x8e, 0x96
	opEmptyTuple, opTuple, opTuple1, opTuple2, opTup3 = ')', 't', 0x85, 0x86, 0x87
	opEmptyList, opAppend, opAppends, opList          = ']', 'a', 'e', 'l'
	opEmptyDict, opSetItem, opSetItems, opDict        = '}', 's', 'u', 'd'
	opEmptySet, opAddItems, opFrozenSet               = 0x8f, 0x90, 0x91
	opBinGet, opLongBinGet, opBinPut, opLongBinPut    = 'h', 'j', 'q', 'r'
	opMemoize                                         = 0x94
	opGlobal, opStackGlobal                           = 'c', 0x93
	opReduce, opBuild, opNewObj, opNewObjEx           = 'R', 'b', 0x81, 0x92
	opInst, opObj, opExt1, opExt2, opExt4             = 'i', 'o', 0x82, 0x83, 0x84
	opNextBuffer, opReadonlyBuffer                    = 0x97, 0x98
	opPersID, opBinPersID                             = 'P', 'Q'
	opProto, opFrame                                  = 0x80, 0x95
)

// step runs one opcode.
func (m *machine) step(op byte) error {
	for _, group := range []func(byte) (bool, error){m.stepValue, m.stepText, m.stepContainer, m.stepMemo, m.stepObject} {
		if known, err := group(op); known || err != nil {
			return err
		}
	}
	return fmt.Errorf("opcode %#02x: the binary opcodes of pickle's protocols 2 to 5 are read", op)
}

// stepValue runs the opcodes of the stack and of values without a length.
func (m *machine) stepValue(op byte) (known bool, err error) {
	switch op {
	case opMark:
		return true, m.push(mark{})
	case opPop:
		if len(m.stack) == 0 {
			return true, errors.New("it takes a value from an empty stack")
		}
		m.stack = m.stack[:len(m.stack)-1] // a mark too
		return true, nil
	case opPopMark:
		_, err := m.popMark()
		return true, err
	case opDup:
		v, err := m.top()
		if err != nil {
			return true, err
		}
		return true, m.push(v)
	case opNone:
		return true, m.push(nil)
	case opTrue, opFalse:
		return true, m.push(op == opTrue)
	case opBinFloat:
		return true, m.float()
	}
	return m.stepInteger(op)
}

// stepInteger runs the opcodes of integers, or of the length of a long one.
func (m *machine) stepInteger(op byte) (known bool, err error) {
	size := 0
	switch op {
	case opBinInt1, opLong1:
		size = 1
	case opBinInt2:
		size = 2
	case opBinInt, opLong4:
		size = 4
	default:
		return false, nil
	}
	n, err := m.in.number(size)
	switch {
	case err != nil:
		return true, err
	case op == opLong1 || op == opLong4:
		return true, m.long(n)
	case op == opBinInt:
		return true, m.push(int64(int32(n)))
	}
	return true, m.push(int64(n))
}

// stepText runs the opcodes of strings and bytes, with the size of their length.
func (m *machine) stepText(op byte) (known bool, err error) {
	size := 0
	switch op {
	case opShortUnicode, opShortString, opShortBytes:
		size = 1
	case opBinUnicode, opBinString, opBinBytes:
		size = 4
	case opUnicode8, opBytes8, opByteArray8:
		size = 8
	default:
		return false, nil
	}
	n, err := m.in.number(size)
	if err != nil {
		return true, err
	}
	return true, m.text(n)
}

// stepContainer runs the opcodes of tuples, lists, dictionaries and sets. A set is a list here.
func (m *machine) stepContainer(op byte) (known bool, err error) {
	switch op {
	case opEmptyTuple:
		return true, m.push(tuple{})
	case opTuple1, opTuple2, opTup3:
		return true, m.tuple(int(op-opTuple1) + 1)
	case opEmptyList, opEmptySet:
		return true, m.push(&list{})
	case opEmptyDict:
		return true, m.push(&dict{})
	case opAppend, opSetItem:
		v, err := m.pop()
		if err != nil {
			return true, err
		}
		if op == opAppend {
			return true, m.appendItems([]any{v})
		}
		key, err := m.pop()
		if err != nil {
			return true, err
		}
		return true, m.setItems([]any{key, v})
	case opTuple, opList, opFrozenSet, opDict, opAppends, opAddItems, opSetItems:
		values, err := m.popMark()
		if err != nil {
			return true, err
		}
		return true, m.marked(op, values)
	}
	return false, nil
}

// marked runs an opcode on the values above a mark.
func (m *machine) marked(op byte, values []any) error {
	switch op {
	case opTuple:
		return m.push(tuple(values))
	case opList, opFrozenSet:
		return m.push(&list{values})
	case opDict:
		if err := m.push(&dict{}); err != nil {
			return err
		}
		return m.setItems(values)
	case opSetItems:
		return m.setItems(values)
	}
	return m.appendItems(values)
}

// stepMemo runs the opcodes of the memo.
func (m *machine) stepMemo(op byte) (known bool, err error) {
	size := 4
	switch op {
	case opMemoize:
		return true, m.put(uint64(len(m.memo)))
	case opBinGet, opBinPut:
		size = 1
	case opLongBinGet, opLongBinPut:
	default:
		return false, nil
	}
	index, err := m.in.number(size)
	if err != nil {
		return true, err
	}
	if op == opBinGet || op == opLongBinGet {
		return true, m.get(index)
	}
	return true, m.put(index)
}

// stepObject runs the opcodes of classes, functions and persistent ids, and of the pickle itself.
func (m *machine) stepObject(op byte) (known bool, err error) {
	switch op {
	case opProto:
		version, err := m.in.byte()
		if err == nil && (version < 2 || version > 5) {
			err = fmt.Errorf("protocol %d: 2 to 5 are read", version)
		}
		return true, err
	case opFrame: // a hint for buffers
		_, err := m.in.number(8)
		return true, err
	case opGlobal:
		module, err := m.in.line()
		if err != nil {
			return true, err
		}
		name, err := m.in.line()
		if err != nil {
			return true, err
		}
		return true, m.global(module, name)
	case opStackGlobal:
		return true, m.stackGlobal()
	case opReduce, opNewObj:
		return true, m.reduce()
	case opBuild:
		return true, m.build()
	case opBinPersID:
		return true, m.persistent()
	case opInst, opObj, opNewObjEx, opExt1, opExt2, opExt4, opNextBuffer, opReadonlyBuffer, opPersID:
		return true, fmt.Errorf("opcode %#02x makes objects in a way that torch.save does not use, and is refused", op)
	}
	return false, nil
}
