// The DLL that Wine 8 lacks and every Go program loads. It exports the one function that Go calls.
//
// It also gives NtSetInformationFile the answer of an old Windows. os.Root deletes with
// FileDispositionInformationEx. Wine 8 does not know that class and answers STATUS_NOT_IMPLEMENTED,
// which Go takes for a failed deletion. A Windows that does not know the class answers
// STATUS_INVALID_INFO_CLASS. Go then deletes with FileDispositionInformation, which Wine 8 has.
#include <windows.h>
#include <ntstatus.h>
#include <string.h>

BOOLEAN NTAPI SystemFunction036(void *data, ULONG size); // RtlGenRandom

__declspec(dllexport) BOOL ProcessPrng(BYTE *data, SIZE_T size) { return SystemFunction036(data, size); }

typedef LONG NTAPI set_information(HANDLE, void *, void *, ULONG, ULONG);

static set_information *wine;

static LONG NTAPI as_old_windows(HANDLE file, void *status, void *data, ULONG size, ULONG class) {
	LONG result = wine(file, status, data, size, class);
	return result == STATUS_NOT_IMPLEMENTED ? STATUS_INVALID_INFO_CLASS : result;
}

// DllMain keeps a copy of ntdll's NtSetInformationFile in `wine` and overwrites its first
// instructions with a jump to as_old_windows. The function is a system call of 32 bytes without
// relative addresses, so the copy works anywhere.
BOOL WINAPI DllMain(HINSTANCE dll, DWORD reason, void *reserved) {
	enum { length = 32 };
	BYTE jump[] = {0x48, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xe0}; // mov rax, address; jmp rax
	void *target = as_old_windows;
	DWORD old;
	if (reason != DLL_PROCESS_ATTACH)
		return TRUE;
	void *entry = GetProcAddress(GetModuleHandleA("ntdll.dll"), "NtSetInformationFile");
	wine = VirtualAlloc(NULL, length, MEM_COMMIT | MEM_RESERVE, PAGE_EXECUTE_READWRITE);
	if (!entry || !wine || !VirtualProtect(entry, length, PAGE_EXECUTE_READWRITE, &old))
		return FALSE;
	memcpy(wine, entry, length);
	memcpy(jump + 2, &target, sizeof target);
	memcpy(entry, jump, sizeof jump);
	return VirtualProtect(entry, length, old, &old);
}
