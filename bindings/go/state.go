package smsp

// #include <smsp.h>
import "C"

// State is what became of a message.
type State int32

// The states.
const (
	StateUnanswered   State = C.SMSP_STATE_UNANSWERED    // asked, but no answer was had; the entry's Err says why
	StateDelivered    State = C.SMSP_STATE_DELIVERED     // it reached its recipient; final
	StateNotDelivered State = C.SMSP_STATE_NOT_DELIVERED // it did not and will not; final
	StateWaiting      State = C.SMSP_STATE_WAITING       // under way
	StateNotFound     State = C.SMSP_STATE_NOT_FOUND     // the service does not know this message, or not yet
	StateNotSent      State = C.SMSP_STATE_NOT_SENT      // the service did not send it; final
	StateRejected     State = C.SMSP_STATE_REJECTED      // the service refuses this entry; APICode and StatusText say why
	StateInvalid      State = C.SMSP_STATE_INVALID       // not asked: the number or the id cannot be one, as Err says; final
	StateUnknown      State = C.SMSP_STATE_UNKNOWN       // a text that the library does not know is in StatusText
)

// stateNames are those of the library that is running, which may know more than the header.
var stateNames = readStateNames()

func readStateNames() (list []string) {
	for state := C.smsp_state(0); ; state++ {
		name := C.GoString(C.smsp_state_name(state))
		if name == "?" {
			return list
		}
		list = append(list, name)
	}
}

// String is the name of a state, such as "not_delivered"; "?" if there is no such state.
func (state State) String() string {
	if state < 0 || int(state) >= len(stateNames) {
		return "?"
	}
	return stateNames[state]
}

// IsFinal says whether a state will never change.
func (state State) IsFinal() bool {
	return C.smsp_state_is_final(C.smsp_state(state)) == 1
}

// Flag is yes, no, or not told by the service.
type Flag int8

// The flags.
const (
	NotTold Flag = -1
	No      Flag = 0
	Yes     Flag = 1
)

// String is "yes", "no" or "not told".
func (flag Flag) String() string {
	switch flag {
	case Yes:
		return "yes"
	case No:
		return "no"
	}
	return "not told"
}
